/** Things, A to L: classes 398 to 627 of ImageNet, a line each; the format is described in `imagenet.ts`. */
export const THINGS_A_L = `
abacus
robe @clothing ; abaya, dress, gown
robe @clothing ; academic gown, graduation gown, gown
accordion
guitar ; acoustic guitar
aircraft carrier >ship
airplane ; airliner
airship @vehicle ; blimp, zeppelin
altar @furniture
ambulance
amphibious vehicle @vehicle ; amphibian, truck, jeep
clock ; analog clock
beehive @container ; apiary, beehives
apron @clothing
trash can ; ashcan
rifle @weapon ; assault rifle, gun
backpack
bakery @building ; shop, store
balance beam @sport
balloon ; hot air balloon
pen ; ballpoint pen, ballpoint
bandage ; Band Aid
banjo
railing @building ; banister, stair rail, stairs, bannister
barbell @sport ; weights, weight
barber chair >chair
barber shop @building ; barbershop, shop
barn @building ; farm
barometer @device ; gauge, clock
barrel @container ; cask, keg
wheelbarrow @tool ; barrow, cart
baseball
basketball
bassinet @furniture ; cradle, crib
bassoon @instrument
swimming cap @clothing ; bathing cap, swim cap, cap
towel @household ; bath towel
bathtub
car ; station wagon, beach wagon
lighthouse @building ; beacon
beaker @medical ; glass, measuring cup
fur hat @clothing ; bearskin, hat
beer bottle @container ; bottle, beer
beer ; beer glass, glass
bell tower @building ; bell cote, bell, church
bib @clothing
bicycle ; tandem, tandem bicycle, bicycle-built-for-two
bikini
binder @stationery ; ring binder, folder
binoculars # @device
birdhouse @container ; bird house, bird box
boathouse @building ; boat house
bobsled >sled
bolo tie >tie
bonnet @clothing ; hat
bookcase @furniture ; bookshelf
bookstore @building ; bookshop, book store, shop
bottle cap @household ; bottlecap, cap
bow @weapon >bow-and-arrow
bow tie @clothing ; tie
plaque @decoration ; brass plaque, sign, plate, brass
bra @clothing ; brassiere
breakwater @place ; seawall, pier
armor @clothing ; breastplate, armour
broom
bucket
buckle @clothing ; belt buckle, belt
bulletproof vest @clothing ; vest
train ; bullet train
butcher shop @building ; butcher, shop
taxi ; cab
cauldron @container ; caldron, pot, kettle
candle
cannon @weapon
canoe
can opener @tool
cardigan @clothing ; sweater, jacket
car mirror @vehicle ; side mirror, wing mirror, mirror
carousel @street ; merry go round
toolbox ; tool kit, tools, carpenter's kit
cardboard box >box ; carton, box
wheel ; car wheel
cash machine @device ; atm, cash dispenser
cassette ; cassette tape
cassette player @device ; tape player, radio
castle
catamaran >sailboat
CD player @device
cello @instrument ; violin
phone ; mobile phone, cellular telephone
chain
chain-link fence @street ; fence, chainlink fence
chain mail @clothing ; armor, armour
chainsaw @tool ; chain saw, saw
chest @furniture ; trunk, treasure chest, box
chest of drawers @furniture ; chiffonier, dresser, drawers
chimes # @instrument ; chime, bell, wind chime, bells
china cabinet @furniture ; cabinet, cupboard
Christmas stocking @decoration ; stocking, sock
church
movie theater @building ; cinema, theater, theatre
cleaver @tool ; knife, meat cleaver
cliff dwelling @building ; ruins, cliff house
cloak @clothing ; cape
clogs # @clothing ; clog, shoe, shoes
cocktail shaker @household ; shaker
mug @household ; coffee mug, cup, coffee
coffee pot @household ; coffeepot, kettle, teapot
coil @tool ; spiral, spring
lock >padlock ; combination lock
keyboard ; computer keyboard
candy store @building ; confectionery, candy, candies, sweets
ship ; container ship
car ; convertible
corkscrew @tool ; bottle opener
trumpet ; cornet
cowboy boot >boot ; cowboy boots
cowboy hat >hat
cradle @furniture ; crib
crane @vehicle ; construction crane
helmet ; crash helmet, motorcycle helmet
crate @container ; box, wooden box
crib @furniture ; cot, baby bed, bed
slow cooker @device ; crock pot, pot
croquet ball @sport ; ball
crutches # >crutch ; crutch
armor @clothing ; cuirass, armour, breastplate
dam @building
desk @furniture ; table
computer ; desktop computer
telephone ; dial telephone, rotary phone
diaper @clothing ; nappy
digital clock >clock
watch ; digital watch
table @furniture ; dining table
dishcloth @household ; dishrag, cloth, towel
dishwasher @device
brake @vehicle ; disk brake, disc brake, wheel
dock @place ; harbor, harbour, pier, ship
dog sled @vehicle ; dogsled, sled, sleigh
dome @building
doormat @household ; door mat, mat
oil rig @building ; drilling platform, oil platform
drum
drumstick @instrument ; drumsticks, drum stick, drum
dumbbell @sport ; dumbbells, weight, weights
pot @household ; dutch oven, cooking pot
fan @device ; electric fan
guitar ; electric guitar
train ; electric locomotive
television ; entertainment center
envelope
espresso machine @device ; espresso maker, coffee machine, coffee maker
face powder @household ; powder, makeup, make up
feather boa @clothing ; boa, scarf
filing cabinet ; file cabinet, cabinet, drawers, file
fireboat >ship ; fire boat, boat, ship
fire truck ; fire engine
fire screen @furniture ; fireplace
flagpole @street ; flag, flag pole
flute
folding chair >chair
football helmet >helmet
forklift @vehicle
fountain
pen ; fountain pen
bed ; four-poster bed, four-poster
train ; freight car, wagon
French horn @instrument ; horn
frying pan @household ; pan, skillet
fur coat >coat
garbage truck >truck
gas mask @device ; gasmask, mask
gas pump
goblet @household ; glass, wine glass, cup, chalice
go-kart @vehicle ; go kart, kart, car
golf ball @sport ; ball
golf cart @vehicle ; golfcart, cart
gondola @vehicle ; boat
gong @instrument
dress ; gown
piano ; grand piano
greenhouse @building
car grille @vehicle ; grille, grill, car, radiator grille
grocery store @building ; supermarket, store, shop, market
guillotine @tool
hair clip @clothing ; hair slide, barrette, hairpin
hair spray @household ; hairspray, spray, spray can, bottle
tank @vehicle ; half track, army truck
hammer
laundry basket @container ; hamper, basket
hair dryer @device ; hand blower, hairdryer, blow dryer
phone ; hand-held computer, pda, palm pilot
handkerchief @clothing ; cloth, scarf, bandana
hard drive @device ; hard disc, hard disk, disk
harmonica @instrument
harp @instrument
combine harvester @vehicle ; harvester, tractor, combine
axe ; hatchet
holster @container ; gun holster
television ; home theater
honeycomb @nature ; honey, beehive
hook
dress ; hoop skirt, hoopskirt
gymnastics bar @sport ; horizontal bar, high bar, bar
horse cart @vehicle ; horse and cart, cart, carriage, wagon, horse
hourglass
music player @device ; ipod, mp3 player
iron @device ; clothes iron
pumpkin ; jack-o'-lantern
jeans ; jean
jeep @vehicle ; car, suv
shirt ; jersey, t-shirt
jigsaw puzzle @toy ; jigsaw, puzzle
rickshaw ; jinrikisha
joystick
kimono
knee pad @clothing ; kneepad, knee pads
rope ; knot
lab coat
ladle @household ; spoon
lampshade @household ; lamp, lamp shade
laptop
lawn mower @tool ; mower, lawnmower
lens cap @device ; lens cover
letter opener @stationery ; knife, paper knife
library @building ; bookshelf, bookcase, books
lifeboat @vehicle ; boat
lighter @household ; cigarette lighter
limousine @vehicle ; limo, car
`;
