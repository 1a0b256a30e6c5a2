/** Things made for wearing, playing and the home; the line format is described in `concept-lines.ts`. */
export const OBJECTS = `
@clothing
hat = womans-hat ; sun hat, woman's hat, straw hat, womans hat
top hat ; hat
cap = billed-cap ; baseball cap, hat, billed cap
crown ; king's crown, gold crown
graduation cap ; hat, mortarboard, cap, graduation hat, academic cap
helmet = rescue-workers-helmet ; hard hat, rescue helmet, safety helmet, hat
military helmet ; helmet, army helmet
glasses # = glasses ; eyeglasses, spectacles, pair of glasses
sunglasses # = sunglasses ; glasses, shades, pair of sunglasses
goggles # = goggles ; ski goggles, safety goggles
diving mask ; mask, snorkel, scuba mask, snorkel mask
tie = necktie ; necktie, shirt and tie
shirt = t-shirt ; t shirt, tshirt, tee shirt
blouse = womans-clothes ; shirt, woman's clothes, top, womans clothes, clothes
tank top = running-shirt ; running shirt, shirt, vest, sash
jeans # = jeans ; trousers, pants, blue jeans, pair of jeans
shorts # = shorts ; short, pants, swimming trunks
dress / dresses ; gown
kimono ; robe, dress
sari ; dress, saree
bikini ; swimsuit, swimwear
swimsuit = one-piece-swimsuit ; bathing suit, one piece swimsuit, swimming suit
underpants # = briefs ; briefs, underwear, pants, swim trunks
coat ; jacket
lab coat ; coat, white coat
safety vest ; vest, life jacket
karate suit = martial-arts-uniform ; karate uniform, martial arts uniform, judo suit, gi, uniform
scarf / scarves
gloves # = gloves ; glove, mittens
socks # = socks ; sock
shoe = mans-shoe ; man's shoe, mans shoe, dress shoe, leather shoe
sneaker = running-shoe ; running shoe, shoe, sports shoe, trainer, athletic shoe
high heel = high-heeled-shoe ; high heels, high heeled shoe, shoe, heel, heels
sandal = womans-sandal ; sandals, woman's sandal, shoe, womans sandal
boot = womans-boot ; woman's boot, boots, shoe, womans boot
hiking boot ; boot, shoe
flat shoe ; shoe, slipper, ballet flat
flip flop = thong-sandal ; flip flops, sandal, thong sandal, slipper
ballet shoes # = ballet-shoes ; ballet shoe, pointe shoes, ballet slippers, shoes
ring ; diamond ring, wedding ring
gem = gem-stone ; diamond, gem stone, gemstone, jewel, crystal
prayer beads # = prayer-beads ; beads, necklace, rosary
lipstick
@container bag
backpack ; school bag, rucksack, bag, schoolbag
purse ; coin purse, wallet, bag
handbag ; bag, purse
clutch bag ; bag, pouch, purse, clutch
shopping bags # = shopping-bags ; shopping bag, bags, bag
suitcase = luggage ; luggage, bag
briefcase ; bag, suitcase
money bag = money-bag ; bag of money, sack of money, money, moneybag
@container
basket ; picnic basket
bucket ; pail
trash can = wastebasket ; wastebasket, bin, garbage can, waste basket, dustbin, rubbish bin
oil drum ; barrel, oil barrel, drum
coffin ; casket
urn = funeral-urn ; funeral urn, vase
box / boxes = package ; package, parcel, cardboard box
card box / card boxes = card-file-box ; box, card file box, file box, filing box
filing cabinet = file-cabinet ; file cabinet, cabinet
@toy
teddy bear ; bear, teddy, stuffed animal, stuffed bear
doll = nesting-dolls ; nesting dolls, matryoshka, russian doll, nesting doll, dolls
japanese dolls # ; dolls, doll
yo-yo = yo-yo ; yoyo, yo yo
kite
balloon ; red balloon
puzzle piece ; jigsaw, puzzle, jigsaw piece
pinata ; horse, donkey
water gun = water-pistol ; gun, water pistol, pistol, squirt gun, toy gun
magic wand ; wand
crystal ball
dice / dice = game-die ; die, game die
mahjong tile = mahjong-red-dragon ; mahjong, tile
playing card = joker ; joker, card, joker card
flower card = flower-playing-cards ; card, flower playing cards, playing card, hanafuda
chess pawn ; pawn, chess piece
slot machine
game controller = video-game ; video game, gamepad, controller, video game controller
joystick ; game controller
pool ball = pool-8-ball ; eight ball, 8 ball, billiard ball, ball, pool 8 ball
target = bullseye ; bullseye, dart board, dartboard, bull's eye, dart, darts
@sport
soccer ball ; football, ball
basketball ; ball
football = american-football rugby-football ; american football, rugby ball, ball, rugby
baseball = baseball softball ; ball, softball
volleyball ; ball
tennis racket = tennis ; racket, tennis, tennis ball, tennis racquet
bowling ball = bowling ; bowling, bowling pins, ball, bowling pin
cricket bat = cricket-game ; cricket, bat, cricket bat and ball, cricket game
hockey stick = field-hockey ice-hockey ; hockey, field hockey, ice hockey, hockey stick and puck, hockey puck
lacrosse stick = lacrosse ; lacrosse, net
ping pong paddle = ping-pong ; ping pong, table tennis, paddle, table tennis paddle, table tennis bat, racket
badminton racket = badminton ; badminton, racket, shuttlecock
golf flag = flag-in-hole ; golf, flag, flag in hole, golf hole, golf course
frisbee = flying-disc ; flying disc, disc
boomerang
boxing glove ; glove, boxing gloves
goal net = goal-net ; goal, net, soccer goal
skis # = skis ; ski, pair of skis
ice skate ; skate, ice skates, skates
curling stone
fishing rod = fishing-pole ; fishing pole, fish
trophy ; cup, gold cup
medal = military-medal sports-medal 1st-place-medal 2nd-place-medal 3rd-place-medal ; gold medal, silver medal, bronze medal, military medal, sports medal
@instrument
guitar ; electric guitar, acoustic guitar
violin ; fiddle
banjo
piano = musical-keyboard ; keyboard, musical keyboard, piano keys, organ
trumpet ; horn
horn = postal-horn ; postal horn, post horn, trumpet, french horn
saxophone ; sax
flute
accordion
drum ; drums, snare drum
conga drum = long-drum ; drum, long drum, conga
maracas # = maracas ; maraca, rattle, rattles
@household
bed
sofa = couch-and-lamp ; couch, couch and lamp, lamp, +furniture
toilet
shower ; shower head, showerhead
bathtub ; bath, tub, person in bath
door ; +furniture
window
mirror ; hand mirror
broom
soap ~ / bars of soap ; bar of soap
sponge
toothbrush / toothbrushes ; tooth brush
razor ; shaver
plunger
toilet paper ~ / rolls of paper = roll-of-paper ; paper roll, roll of paper, paper towel, roll
lotion bottle ; lotion, bottle, shampoo, soap dispenser, sunscreen
bubbles # = bubbles ; bubble, soap bubbles
mouse trap ; mousetrap, trap
comb = hair-pick ; hair pick, pick, hair comb
hand fan = folding-hand-fan ; fan, folding fan, folding hand fan
elevator ; lift, elevator doors
umbrella = umbrella closed-umbrella umbrella-with-rain-drops ; closed umbrella
beach umbrella = umbrella-on-ground ; umbrella, parasol
candle
lamp = diya-lamp ; oil lamp, diya, diya lamp, candle
lantern = red-paper-lantern ; red lantern, paper lantern, chinese lantern
light bulb ; bulb, lightbulb, lamp
picture = framed-picture ; painting, framed picture, picture frame, frame
key = key old-key ; old key
padlock = locked unlocked locked-with-key locked-with-pen ; lock, locked, unlocked, open lock, lock and key
bell = bell ; golden bell
service bell = bellhop-bell ; bell, bellhop bell, desk bell, reception bell
needle = sewing-needle ; sewing needle, needle and thread, thread
thread ~ / spools of thread ; spool of thread, spool, thread spool
yarn ~ / balls of yarn ; ball of yarn, wool, ball of wool
safety pin ; pin
shopping cart ; cart, trolley, shopping trolley
cigarette ; smoking
@furniture
chair ; seat
seat ; chair, airplane seat, train seat
`;
