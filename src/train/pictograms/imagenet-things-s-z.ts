/** Things, S to Z: classes 796 to 915 of ImageNet, a line each; the format is described in `imagenet.ts`. */
export const THINGS_S_Z = `
ski mask @clothing ; mask, balaclava
sleeping bag @household
slide rule @stationery ; ruler
sliding door >door
slot machine ; slot
snorkel @sport ; snorkel mask, diving mask
snowmobile @vehicle
snowplow @vehicle ; snow plow, snow plough, snowplough, truck
soap dispenser >lotion-bottle ; soap bottle, soap
soccer ball
sock >socks
solar panel @device ; solar dish, satellite dish
sombrero >hat
soup ~ @food ; soup bowl, bowl of soup, bowl
keyboard ; space bar
heater @device ; space heater
space shuttle >rocket
spatula @household
speedboat
spider web
spindle @tool
car ; sports car
spotlight @device ; light, lamp
stage @place ; concert
steam train ; steam locomotive
bridge ; steel arch bridge
steel drum >drum
stethoscope
scarf ; stole, shawl
stone wall >wall
stopwatch
stove @device ; oven, cooker
strainer @household ; sieve, colander
train ; streetcar, tram
stretcher @medical
sofa ; studio couch, sofa bed
temple ; stupa, pagoda
submarine @vehicle
suit @clothing ; suit and tie
sundial @device
sunglasses
sunglasses
sunscreen ~ @household ; sun cream, lotion
bridge ; suspension bridge
mop @household ; swab
sweatshirt @clothing ; hoodie, sweater
swimming trunks # @clothing ; swim trunks, swim shorts, shorts
swing @toy
switch @device ; light switch
syringe
lamp ; table lamp
tank @vehicle ; army tank
tape player @device ; cassette player, tape recorder, radio
teapot
teddy bear ; teddy
television
tennis ball @sport ; ball
thatched roof @building ; thatch, roof, straw roof, hut
curtain @household ; theater curtain, stage curtain
thimble @tool
threshing machine @vehicle ; thresher, tractor
throne >chair
tile roof @building ; tiled roof, roof
toaster @device
tobacco shop @building ; shop, store
toilet ; toilet seat
torch @household ; flashlight, flame
totem pole @decoration ; totem
tow truck >truck
toy store @building ; toyshop, toy shop, shop, toys
tractor
truck ; trailer truck, semi truck
tray
coat ; trench coat
tricycle @vehicle ; trike
sailboat ; trimaran
tripod @device
arch @building ; triumphal arch
trolleybus >bus
trombone @instrument
bathtub ; tub
turnstile @street ; gate
typewriter @device ; typewriter keyboard, keyboard
umbrella
unicycle @vehicle
piano ; upright piano, upright
vacuum cleaner @device ; vacuum, hoover
vase
vault @building ; ceiling, arch
velvet ~ @clothing ; cloth, fabric
vending machine @device
vestment @clothing ; robe, priest robe
bridge ; viaduct
violin
volleyball
waffle iron @device ; waffle maker
clock ; wall clock
wallet @container ; purse
wardrobe @furniture ; closet
fighter jet >airplane ; warplane, fighter plane, plane, jet
sink @household ; washbasin, basin, wash basin
washing machine @device ; washer
water bottle @container ; bottle
jug @container ; water jug, pitcher
water tower @building
jug @container ; whiskey jug, bottle
whistle @sport
wig @clothing ; hair
window ; window screen
window blind @household ; window shade, blind, blinds, window
tie ; Windsor tie
wine bottle @container ; bottle, wine, bottle of wine
airplane wing @vehicle ; wing, plane wing, airplane, plane
wok @household ; pan, frying pan
wooden spoon >spoon
yarn ; wool
fence @street ; worm fence, split-rail fence, wooden fence
shipwreck @vehicle ; wreck, ship, boat
sailboat ; yawl
yurt >tent ; tent, hut
`;
