/** Animals, plants and the sky; the line format is described in `concept-lines.ts`. */
export const NATURE = `
@animal mammal
mouse / mice = mouse mouse-face rat ; rat
ox / oxen = ox water-buffalo ; bull, buffalo, water buffalo, cow, cattle
cow = cow cow-face ; bull, calf, cattle
bison / bison ; buffalo, ox, bull
tiger = tiger tiger-face ; tiger cub
leopard ; cheetah, jaguar, panther
lion ; lion cub
rabbit = rabbit rabbit-face ; bunny, hare
cat = black-cat cat cat-face ; kitten, kitty
dog = dog dog-face service-dog guide-dog poodle ; puppy, hound, poodle
wolf / wolves ; dog
fox
horse = horse horse-face ; pony, foal, stallion, mare
donkey ; mule, ass, burro
zebra
unicorn ; horse
deer / deer ; stag, reindeer, buck, elk, doe
moose / moose ; elk, deer
sheep / sheep = ewe ram ; ram, ewe, lamb
goat ; billy goat
camel = camel two-hump-camel ; dromedary
llama ; alpaca
giraffe
pig = pig pig-face ; hog, piglet, swine
wild boar = boar ; boar, pig, wild pig, hog
elephant
mammoth ; elephant, woolly mammoth
rhino = rhinoceros ; rhinoceros
hippo = hippopotamus ; hippopotamus
monkey = monkey monkey-face ; ape, chimpanzee, chimp
gorilla ; ape, monkey
orangutan ; ape, monkey
bear ; brown bear, grizzly, grizzly bear, black bear
polar bear ; bear, white bear, ice bear
panda ; panda bear, giant panda, bear
koala ; koala bear
hamster ; guinea pig, gerbil, mouse
chipmunk ; squirrel
hedgehog ; porcupine
raccoon
badger
skunk
beaver
otter
sloth
kangaroo ; wallaby
bat
dolphin ; porpoise
whale = whale spouting-whale ; blue whale, sperm whale
seal ; sea lion
@animal bird
rooster ; cock, chicken, hen, cockerel
chicken ; hen, rooster, cock
chick = hatching-chick baby-chick front-facing-baby-chick ; baby chick, baby bird, chicken, hatching chick
turkey
bird = bird black-bird ; blackbird, crow, bluebird, sparrow, raven, songbird
dove ; pigeon, white dove
eagle ; hawk, falcon, bald eagle
duck ; mallard, duckling
goose / geese
swan
owl
penguin
flamingo
peacock
parrot ; macaw
dodo
@animal reptile
dragon = dragon dragon-face
crocodile ; alligator, croc
snake ; serpent, cobra
lizard ; gecko, salamander, newt
turtle ; tortoise
dinosaur = sauropod t-rex ; brontosaurus, t rex, tyrannosaurus, brachiosaurus, diplodocus
@animal amphibian
frog ; toad
@animal sea animal
fish / fish = fish tropical-fish ; tropical fish
pufferfish / pufferfish = blowfish ; puffer fish, blowfish, puffer, fish
shark ; great white shark, fish
octopus / octopuses
squid ; octopus
jellyfish / jellyfish
crab
lobster ; crayfish
shrimp / shrimp ; prawn, lobster
oyster ; clam, pearl, shell
coral ; coral reef
@animal insect
snail
caterpillar = bug ; bug, worm, centipede
ant
bee = honeybee ; honeybee, honey bee, bumblebee, wasp
ladybug = lady-beetle ; ladybird, lady beetle, beetle, bug
butterfly ; moth
cricket ; grasshopper, locust, bug
mosquito ; fly, bug, gnat
fly ; housefly, bug
worm ; earthworm
beetle ; bug, scarab
cockroach ; roach, bug, beetle
@animal arachnid
spider
scorpion
@animal
germ = microbe ; microbe, virus, bacteria, bacterium
@animal part
pig nose = pig-nose ; snout, nose, pig snout
wing ; bird wing, angel wing
@plant tree
tree = deciduous-tree ; oak, oak tree
pine tree = evergreen-tree ; pine, evergreen, evergreen tree, fir, fir tree, spruce, conifer, tree
palm tree ; palm, tree, coconut tree
christmas tree ; tree, xmas tree
tanabata tree ; bamboo, tree
@plant flower
tulip
rose ; red rose
sunflower
flower = blossom white-flower ; blossom, daisy
cherry blossom ; flower, blossom, sakura, pink flower
hibiscus / hibiscuses ; flower, red flower, pink flower
lotus / lotuses ; flower, water lily, lotus flower
hyacinth ; flower, lavender, purple flower
rosette ; flower, ribbon
wilted flower ; flower, rose, dead flower, wilted rose
bouquet ; flowers, bunch of flowers, bouquet of flowers
@plant
cactus / cacti ; cactuses
sprout = seedling ; seedling, plant, shoot
herb ; leaf, leaves, plant, herbs
clover = four-leaf-clover shamrock ; four leaf clover, shamrock, leaf
maple leaf / maple leaves ; leaf, autumn leaf
leaf / leaves = fallen-leaf leaf-fluttering-in-wind ; leaves, fallen leaf, autumn leaf
wheat ~ = sheaf-of-rice ; rice, grain, rice plant, barley
bamboo / bamboos = pine-decoration ; bamboo plant, pine decoration
potted plant ; plant, houseplant, house plant, pot plant, flowerpot
@nature
nest = empty-nest nest-with-eggs ; bird nest, bird's nest, birds nest, nest with eggs
log = wood ; wood, tree trunk, timber, logs, firewood
feather ; quill
shell = spiral-shell ; seashell, sea shell, conch, snail shell
paw print = paw-prints ; paw prints, paw, paws, footprints, footprint
spider web ; web, cobweb, spiderweb
@sky
moon = new-moon waxing-crescent-moon first-quarter-moon waxing-gibbous-moon full-moon waning-gibbous-moon last-quarter-moon waning-crescent-moon crescent-moon new-moon-face first-quarter-moon-face last-quarter-moon-face full-moon-face ; full moon, crescent moon, half moon, new moon, crescent
sun = sun sun-with-face ; sunshine
star = star glowing-star ; glowing star, gold star, yellow star
shooting star = shooting-star ; falling star, star, meteor
comet ; meteor, meteorite, shooting star, asteroid
planet = ringed-planet ; saturn, ringed planet
globe = globe-showing-europe-africa globe-showing-americas globe-showing-asia-australia globe-with-meridians ; earth, world, planet, planet earth
galaxy / galaxies = milky-way ; milky way, stars, night sky, starry sky
@weather
cloud ; clouds
sun behind a cloud / suns behind clouds = sun-behind-cloud sun-behind-small-cloud sun-behind-large-cloud ; sun, cloud, sun and cloud, sun and clouds, partly cloudy, cloudy sun, sun behind cloud
rain cloud = cloud-with-rain sun-behind-rain-cloud ; rain, cloud, raincloud, shower
snow cloud = cloud-with-snow ; snow, cloud, snowing
storm cloud = cloud-with-lightning cloud-with-lightning-and-rain ; lightning, thunderstorm, storm, thunder, cloud, thundercloud
lightning bolt = high-voltage ; lightning, bolt, thunderbolt, thunder, flash, high voltage
tornado / tornadoes ; whirlwind, twister
cyclone ; spiral, hurricane, swirl
fog ~ = fog foggy ; mist, foggy city, cloud
wind ~ = wind-face ; wind blowing, wind face, blowing wind, cloud
rainbow
snowflake ; snow, ice crystal
snowman / snowmen = snowman snowman-without-snow
wave = water-wave ; ocean wave, ocean, sea, water, sea wave
water drop = droplet ; drop, droplet, water, raindrop, water droplet, drop of water
fire = fire ; flame, flames, campfire
`;
