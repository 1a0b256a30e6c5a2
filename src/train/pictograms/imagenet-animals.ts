/** Animals: classes 0 to 397 of ImageNet, a line each; the format is described in `imagenet.ts`. */
export const ANIMALS = `
fish ; tench
fish ; goldfish
shark ; great white shark
shark ; tiger shark
shark ; hammerhead shark, hammerhead
stingray @animal ; electric ray
stingray @animal
rooster ; cock
chicken ; hen
ostrich @animal ; bird, emu
bird ; brambling
bird ; goldfinch
bird ; house finch
bird ; junco
bird ; indigo bunting
bird ; robin
bird ; bulbul
bird ; jay
bird ; magpie
bird ; chickadee
bird ; water ouzel
bird ; kite
eagle ; bald eagle
vulture @animal ; bird, buzzard
owl ; great grey owl
lizard ; European fire salamander, salamander
lizard ; common newt, salamander
lizard ; eft, salamander
lizard ; spotted salamander, salamander
axolotl @animal ; salamander, fish
frog ; bullfrog
frog ; tree frog
frog ; tailed frog
turtle ; loggerhead
turtle ; leatherback turtle
turtle ; mud turtle
turtle ; terrapin
turtle ; box turtle
lizard ; banded gecko
lizard ; common iguana
lizard ; American chameleon
lizard ; whiptail
lizard ; agama
lizard ; frilled lizard
lizard ; alligator lizard
lizard ; Gila monster
lizard ; green lizard
lizard ; African chameleon
lizard ; Komodo dragon
crocodile ; African crocodile
crocodile ; American alligator
dinosaur ; triceratops
snake ; thunder snake
snake ; ringneck snake
snake ; hognose snake
snake ; green snake
snake ; king snake
snake ; garter snake
snake ; water snake
snake ; vine snake
snake ; night snake
snake ; boa constrictor
snake ; rock python
snake ; Indian cobra
snake ; green mamba
snake ; sea snake
snake ; horned viper
snake ; diamondback
snake ; sidewinder
fossil @nature ; trilobite
spider ; harvestman
scorpion
spider ; black and gold garden spider
spider ; barn spider
spider ; garden spider
spider ; black widow
spider ; tarantula
spider ; wolf spider
tick @animal ; bug, insect, spider
centipede @animal ; bug, insect
bird ; black grouse
bird ; ptarmigan
bird ; ruffed grouse
bird ; prairie chicken
peacock
bird ; quail
bird ; partridge
parrot ; African grey
parrot ; macaw
parrot ; cockatoo, sulphur-crested cockatoo
parrot ; lorikeet, lory
bird ; coucal
bird ; bee eater
bird ; hornbill
hummingbird @animal ; bird
bird ; jacamar
toucan @animal ; bird
duck ; drake
duck ; red-breasted merganser
goose
swan ; black swan
elephant ; tusker
echidna @animal ; spiny anteater, hedgehog
platypus @animal
kangaroo ; wallaby
koala
wombat @animal
jellyfish
sea anemone @animal
coral ; brain coral
worm ; flatworm
worm ; nematode
shell ; conch
snail
slug @animal ; snail
sea slug @animal ; slug
shell ; chiton
shell ; nautilus, chambered nautilus
crab ; Dungeness crab
crab ; rock crab
crab ; fiddler crab
crab ; king crab
lobster ; American lobster
lobster ; spiny lobster
lobster ; crayfish
crab ; hermit crab
bug @animal ; isopod, woodlouse, insect
stork @animal ; white stork, bird
stork @animal ; black stork, bird
bird ; spoonbill
flamingo
heron @animal ; little blue heron, bird
heron @animal ; egret, bird, crane, stork, American egret
bird ; bittern
crane @animal ; crane bird, bird, stork
bird ; limpkin
bird ; European gallinule
bird ; American coot
bird ; bustard
bird ; ruddy turnstone
bird ; red-backed sandpiper
bird ; redshank
bird ; dowitcher
bird ; oystercatcher
pelican @animal ; bird
penguin ; king penguin
bird ; albatross, seagull
whale ; grey whale
whale ; killer whale, orca
manatee @animal ; dugong, seal
seal ; sea lion
dog ; Chihuahua
dog ; Japanese spaniel
dog ; Maltese dog
dog ; Pekinese
dog ; Shih-Tzu
dog ; Blenheim spaniel
dog ; papillon
dog ; toy terrier
dog ; Rhodesian ridgeback
dog ; Afghan hound
dog ; basset
dog ; beagle
dog ; bloodhound
dog ; bluetick
dog ; black-and-tan coonhound
dog ; Walker hound
dog ; English foxhound
dog ; redbone
dog ; borzoi
dog ; Irish wolfhound
dog ; Italian greyhound
dog ; whippet
dog ; Ibizan hound
dog ; Norwegian elkhound
dog ; otterhound
dog ; Saluki
dog ; Scottish deerhound
dog ; Weimaraner
dog ; Staffordshire bullterrier
dog ; American Staffordshire terrier
dog ; Bedlington terrier
dog ; Border terrier
dog ; Kerry blue terrier
dog ; Irish terrier
dog ; Norfolk terrier
dog ; Norwich terrier
dog ; Yorkshire terrier
dog ; wire-haired fox terrier
dog ; Lakeland terrier
dog ; Sealyham terrier
dog ; Airedale
dog ; cairn
dog ; Australian terrier
dog ; Dandie Dinmont
dog ; Boston bull
dog ; miniature schnauzer
dog ; giant schnauzer
dog ; standard schnauzer
dog ; Scotch terrier
dog ; Tibetan terrier
dog ; silky terrier
dog ; soft-coated wheaten terrier
dog ; West Highland white terrier
dog ; Lhasa
dog ; flat-coated retriever
dog ; curly-coated retriever
dog ; golden retriever
dog ; Labrador retriever
dog ; Chesapeake Bay retriever
dog ; German short-haired pointer
dog ; vizsla
dog ; English setter
dog ; Irish setter
dog ; Gordon setter
dog ; Brittany spaniel
dog ; clumber
dog ; English springer
dog ; Welsh springer spaniel
dog ; cocker spaniel
dog ; Sussex spaniel
dog ; Irish water spaniel
dog ; kuvasz
dog ; schipperke
dog ; groenendael
dog ; malinois
dog ; briard
dog ; kelpie
dog ; komondor
dog ; Old English sheepdog
dog ; Shetland sheepdog
dog ; collie
dog ; Border collie
dog ; Bouvier des Flandres
dog ; Rottweiler
dog ; German shepherd
dog ; Doberman
dog ; miniature pinscher
dog ; Greater Swiss Mountain dog
dog ; Bernese mountain dog
dog ; Appenzeller
dog ; EntleBucher
dog ; boxer
dog ; bull mastiff
dog ; Tibetan mastiff
dog ; French bulldog
dog ; Great Dane
dog ; Saint Bernard
dog ; Eskimo dog
dog ; malamute
dog ; Siberian husky
dog ; dalmatian
dog ; affenpinscher
dog ; basenji
dog ; pug
dog ; Leonberg
dog ; Newfoundland
dog ; Great Pyrenees
dog ; Samoyed
dog ; Pomeranian
dog ; chow
dog ; keeshond
dog ; Brabancon griffon
dog ; Pembroke
dog ; Cardigan
dog ; toy poodle
dog ; miniature poodle
dog ; standard poodle
dog ; Mexican hairless
wolf ; timber wolf
wolf ; white wolf
wolf ; red wolf
coyote @animal ; wolf, dog
wild dog >dog ; dingo
wild dog >dog ; dhole
wild dog >dog ; African hunting dog
hyena @animal
fox ; red fox
fox ; kit fox
fox ; Arctic fox
fox ; grey fox
cat ; tabby
cat ; tiger cat
cat ; Persian cat
cat ; Siamese cat
cat ; Egyptian cat
cougar @animal ; puma, mountain lion, cat
lynx @animal ; bobcat, wild cat, cat
leopard
leopard ; snow leopard
leopard ; jaguar
lion
tiger
cheetah >leopard
bear ; brown bear
bear ; American black bear
polar bear ; ice bear
bear ; sloth bear
mongoose @animal
meerkat @animal
beetle ; tiger beetle
ladybug
beetle ; ground beetle
beetle ; long-horned beetle
beetle ; leaf beetle
beetle ; dung beetle
beetle ; rhinoceros beetle
beetle ; weevil
fly
bee
ant
grasshopper >cricket
cricket
stick insect @animal ; walking stick, insect, bug
cockroach
praying mantis @animal ; mantis, insect
cicada @animal ; insect, bug, fly
insect @animal ; leafhopper, bug
insect @animal ; lacewing, fly, bug
dragonfly @animal
dragonfly @animal ; damselfly
butterfly ; admiral
butterfly ; ringlet
butterfly ; monarch
butterfly ; cabbage butterfly
butterfly ; sulphur butterfly
butterfly ; lycaenid
starfish @animal ; sea star
sea urchin @animal ; urchin
sea cucumber @animal
rabbit ; wood rabbit
rabbit ; hare
rabbit ; Angora
hamster
porcupine >hedgehog
squirrel @animal ; fox squirrel
marmot @animal ; groundhog, woodchuck
beaver
guinea pig >hamster
horse ; sorrel
zebra
pig ; hog
wild boar
wild boar ; warthog
hippo ; hippopotamus
ox
buffalo >ox ; water buffalo
bison
sheep ; ram
sheep ; bighorn sheep, ram, goat, bighorn
goat ; ibex
antelope @animal ; hartebeest, deer, gazelle
antelope @animal ; impala, deer, gazelle
antelope @animal ; gazelle, deer
camel ; Arabian camel
llama
weasel @animal
mink @animal ; weasel
ferret @animal ; polecat
ferret @animal ; black-footed ferret
otter
skunk
badger
armadillo @animal
sloth ; three-toed sloth
orangutan
gorilla
chimpanzee >monkey
monkey ; gibbon
monkey ; siamang
monkey ; guenon
monkey ; patas
monkey ; baboon
monkey ; macaque
monkey ; langur
monkey ; colobus
monkey ; proboscis monkey
monkey ; marmoset
monkey ; capuchin
monkey ; howler monkey
monkey ; titi
monkey ; spider monkey
monkey ; squirrel monkey
lemur @animal ; ring-tailed lemur, monkey, Madagascar cat
lemur @animal ; indri, monkey
elephant ; Indian elephant
elephant ; African elephant
red panda @animal ; lesser panda, panda
panda ; giant panda
fish ; barracouta
eel @animal ; fish
fish ; salmon, coho
fish ; rock beauty
fish ; clownfish, anemone fish
fish ; sturgeon
fish ; gar
fish ; lionfish
pufferfish ; puffer
`;
