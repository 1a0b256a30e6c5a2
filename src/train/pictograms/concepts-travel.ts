/** Vehicles, buildings and places; the line format is described in `concept-lines.ts`. */
export const TRAVEL = `
@vehicle
car = automobile oncoming-automobile sport-utility-vehicle ; automobile, suv, jeep
taxi = taxi oncoming-taxi ; cab, car
police car = police-car oncoming-police-car ; car
race car = racing-car ; racing car, car, formula one car
pickup truck ; pickup, truck, pick up truck
truck = delivery-truck articulated-lorry ; lorry, delivery truck, semi truck, trailer truck
fire truck = fire-engine ; fire engine, truck
ambulance
van = minibus ; minibus, minivan, bus
bus / buses = bus oncoming-bus trolleybus ; trolleybus, school bus, coach, trolley bus
tractor
rickshaw = auto-rickshaw ; auto rickshaw, tuk tuk, tricycle
motorcycle ; motorbike, bike, racing motorcycle
scooter = motor-scooter ; motor scooter, moped, motorbike, motorcycle, vespa
kick scooter ; scooter
bicycle ; bike, cycle
skateboard
roller skate ; skate, skates, roller skates, rollerskate
wheelchair = motorized-wheelchair manual-wheelchair ; wheel chair
train = high-speed-train bullet-train train metro light-rail tram tram-car railway-car monorail mountain-railway suspension-railway ; subway, metro, tram, bullet train, high speed train, streetcar, railway car, monorail, light rail, trolley, railroad car
steam train = locomotive ; train, locomotive, steam engine, steam locomotive
train station = station ; station, train, railway station, subway station
cable car = mountain-cableway aerial-tramway ; gondola, cableway, ski lift, aerial tramway, tram
airplane = airplane small-airplane airplane-departure airplane-arrival ; plane, aeroplane, jet, aircraft, airliner
helicopter
rocket ; spaceship, space ship, space rocket, rocket ship
satellite ; space station
flying saucer ; ufo, spaceship, alien ship
parachute
ship = ship passenger-ship ferry ; boat, cruise ship, ferry, passenger ship, ocean liner
speedboat = speedboat motor-boat ; boat, motorboat, motor boat, speed boat
sailboat ; boat, sail boat, sailing boat, yacht, ship
canoe ; kayak, boat, rowboat
sled ; sledge, sleigh, toboggan
anchor ; ship anchor
wheel ; tire, tyre
@street
traffic light = horizontal-traffic-light vertical-traffic-light ; traffic lights, stoplight, traffic signal
stop sign ; sign
road barrier = construction ; construction barrier, barrier, roadblock, construction sign, barricade
siren = police-car-light ; police light, police car light, alarm, red light, emergency light
bus stop ; sign, bus stop sign
gas pump = fuel-pump ; fuel pump, petrol pump, gas station, petrol station
road = motorway ; highway, motorway, street
railway track = railway-track ; railroad track, train track, railroad, tracks, rails, train tracks, railroad tracks
barber pole ; barber's pole, barbers pole
fountain ; water fountain
playground slide ; slide
ferris wheel ; wheel
roller coaster ; rollercoaster
carousel horse ; carousel, merry go round, horse
statue of liberty ^ ; statue
stone head = moai ; moai, statue, easter island head, easter island statue
gravestone = headstone ; headstone, tombstone, grave, tomb
@building
house = house house-with-garden houses ; houses, home, house with garden, building
derelict house ; house, abandoned house, old house, haunted house, ruin
hut ; house, straw hut, cabin
office building = office-building ; building, skyscraper, office, apartment building
hospital ; building
bank ; building
hotel = hotel love-hotel ; building, love hotel
store = convenience-store department-store ; shop, building, convenience store, department store, supermarket
school ; building
post office = japanese-post-office post-office ; building
factory / factories ; building, power plant
temple = classical-building ; classical building, museum, bank, greek temple, court, courthouse
hindu temple ; temple
shrine = shinto-shrine ; torii, torii gate, gate, shinto shrine
church = church wedding ; chapel, wedding
mosque
synagogue ; temple
kaaba
castle ; palace
japanese castle ; castle, pagoda, temple
stadium ; arena
tower = tokyo-tower ; eiffel tower, tokyo tower
construction site = building-construction ; crane, building, building construction
circus tent ; tent, circus, big top
tent = tent camping ; camping, camping tent, camp
wall = brick ; bricks, brick, brick wall
@nature
rock ; stone, boulder
@place
mountain = mountain snow-capped-mountain mount-fuji ; mountains, mount fuji, snowy mountain
volcano / volcanoes
beach = beach-with-umbrella ; beach umbrella, beach with umbrella, beach chair, umbrella
island = desert-island ; desert island, tropical island, beach
desert ; cactus
park = national-park ; national park, lake, landscape, river, forest, valley
city / cities = cityscape cityscape-at-dusk night-with-stars ; cityscape, skyline, buildings, city at night, town, skyscrapers
sunset = sunset sunrise sunrise-over-mountains ; sunrise, sun, dawn, dusk
bridge = bridge-at-night ; bridge at night
hot spring = hot-springs ; hot springs, steam, hot bath, bath
map = world-map map-of-japan ; world map, map of japan, map of the world
`;
