/** Things, L to S: classes 628 to 795 of ImageNet, a line each; the format is described in `imagenet.ts`. */
export const THINGS_L_S = `
ship ; ocean liner, cruise ship, liner
lipstick
loafer >shoe
lotion bottle ; lotion
speaker ; loudspeaker
magnifying glass ; loupe
sawmill @building ; lumbermill, lumber mill, wood, logs
compass ; magnetic compass
mailbag @container ; bag, messenger bag, satchel
mailbox
swimsuit ; maillot
swimsuit ; one-piece swimsuit, maillot tank suit
manhole cover @street ; manhole
maracas ; maraca
marimba @instrument ; xylophone
mask @clothing ; face mask
match @household ; matchstick, matches
maypole @decoration
maze @place ; labyrinth
measuring cup @household ; jug, measuring jug
medicine cabinet @furniture ; medicine chest, cabinet
standing stones # @building ; megalith, stonehenge, stones, stone, rock
microphone
microwave @device ; microwave oven, oven
military uniform @clothing ; uniform
milk can @container ; can, churn
bus ; minibus, van
skirt @clothing ; miniskirt
van ; minivan
missile @weapon ; guided missile, rocket
mittens # @clothing ; mitten, gloves, glove
mixing bowl >bowl
trailer @vehicle ; mobile home, house, caravan
car ; old car, vintage car, model t
modem @device ; router
monastery @building ; church
monitor @device ; screen, computer monitor, computer
motorcycle ; moped, scooter
mortar @household ; mortar and pestle, bowl
graduation cap ; mortarboard
mosque
mosquito net @household ; net
scooter ; motor scooter
bicycle ; mountain bike
tent ; mountain tent
computer mouse ; mouse
mouse trap ; mousetrap
truck ; moving van
muzzle @clothing ; dog muzzle
nail @tool ; nails
neck brace @medical
necklace @clothing ; beads
pacifier @toy ; nipple, baby bottle nipple, dummy
laptop ; notebook, notebook computer, computer
obelisk @building ; monument, tower
oboe @instrument ; clarinet
ocarina @instrument
odometer @device ; speedometer, meter
oil filter @tool ; filter
organ @instrument ; pipe organ
oscilloscope @device
skirt @clothing ; overskirt, dress
ox cart @vehicle ; oxcart, cart
oxygen mask @medical ; mask
packet @container ; bag, package
paddle @sport ; oar
paddle wheel @vehicle ; paddlewheel, water wheel, wheel
padlock
paintbrush
pajamas # @clothing ; pajama, pyjamas
palace >castle
pan flute @instrument ; panpipe, panpipes, pan pipes, flute
paper towel @household ; paper towels, kitchen roll, toilet paper
parachute
parallel bars # @sport ; gymnastics bars
bench @furniture ; park bench
parking meter @street
train ; passenger car, train car
patio @place ; terrace
pay phone @device ; payphone, phone, telephone, pay-phone
pedestal @decoration ; statue, column
pencil case @container ; pencil box
pencil sharpener @stationery ; sharpener
perfume ~ @household ; perfume bottle, bottle
petri dish
copier @device ; photocopier, copy machine, printer
guitar pick @instrument ; pick, plectrum
spiked helmet >helmet ; pickelhaube
picket fence @street ; fence
pickup truck ; pickup
pier @place ; dock
piggy bank @money ; money box
pill bottle @medical ; bottle, pills, medicine bottle
pillow @household ; cushion
ping-pong ball @sport ; ping pong ball, table tennis ball, ball
pinwheel @toy ; windmill
pirate ship @vehicle ; pirate, ship, sailing ship
pitcher @household ; jug, vase
plane @tool ; hand plane, wood plane
planetarium @building ; dome
plastic bag @container ; bag
dish rack @household ; plate rack, rack
plow @tool ; plough
plunger
Polaroid camera >camera
pole @street
police van >police-car ; police car, van
poncho @clothing
pool table @toy ; billiard table, snooker table
soda bottle @container ; pop bottle, bottle, soda
flower pot @household ; pot, plant pot, potted plant, plant, flowerpot
potter's wheel @tool ; pottery wheel, pottery
drill @tool ; power drill
rug @household ; prayer rug, carpet
printer
prison @building ; jail
missile @weapon ; projectile, rocket
projector @device
hockey puck @sport ; puck
punching bag @sport ; punch bag, boxing bag
purse
quill @stationery ; quill pen, feather, pen
quilt @household ; blanket
race car ; racer
tennis racket ; racket
radiator @household ; heater
radio
satellite dish ; radio telescope
rain barrel @container ; barrel
camper van @vehicle ; recreational vehicle, rv, motorhome, caravan, camper
fishing reel @sport ; reel
camera ; reflex camera
refrigerator @device ; fridge
remote control @device ; remote
restaurant @building ; cafe
revolver @weapon ; gun, pistol, handgun
rifle @weapon ; hunting rifle, gun
rocking chair >chair
rotisserie @device ; grill, chicken, oven
eraser @stationery ; rubber eraser, rubber
rugby ball >football ; football, ball
ruler ; rule
sneaker ; running shoe
safe @container ; strongbox
safety pin
salt shaker @household ; saltshaker, salt
sandal
skirt @clothing ; sarong, dress
saxophone ; sax
scabbard @weapon ; sword, sheath
scale
school bus >bus
sailboat ; schooner, sailing ship
scoreboard @device
screen @device ; monitor, television, computer
screw @tool
screwdriver
seat belt @vehicle ; seatbelt
sewing machine @device
shield
shoe store @building ; shoe shop, shop, store, shoes
sliding door >door ; shoji, door, screen
shopping basket >basket
shopping cart
shovel @tool ; spade
shower cap @clothing
shower curtain @household ; curtain
skis ; ski
`;
