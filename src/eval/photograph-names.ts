/**
 * Photographs of one thing among Tux Paint's stamps (Debian package `tuxpaint-stamps-default` 2022.06.04; drawings are
 * left out), and what a person might call each; a plural counts too. The names are ours.
 */
const LINES = `
animals/amphibians/frog-1.png: frog, toad
animals/amphibians/frog.png: frog, toad
animals/birds/adelaide-rosella.png: parrot, bird, parakeet, rosella
animals/birds/blackbird.png: blackbird, bird, crow, raven
animals/birds/chicken_profile.png: chicken, hen, rooster
animals/birds/crow.png: crow, raven, bird, blackbird
animals/birds/crowned_crane.png: crane, bird
animals/birds/cuckoo.png: cuckoo, bird
animals/birds/drake.png: duck, drake, mallard, bird
animals/birds/duck.png: duck, drake, mallard, bird
animals/birds/gander.png: goose, gander, bird, swan
animals/birds/guineafowl.png: guinea fowl, bird, chicken, hen, turkey
animals/birds/helmeted_guineafowl.png: guinea fowl, bird, chicken, hen, turkey
animals/birds/hen.png: hen, chicken
animals/birds/heron_greatblue.png: heron, bird
animals/birds/heron_greatblue_flying.png: heron, bird, crane
animals/birds/lark.png: lark, bird, sparrow
animals/birds/little-penguin.png: penguin
animals/birds/magellanic_penguin.png: penguin
animals/birds/magpie.png: magpie, bird
animals/birds/nandou.png: rhea, ostrich, emu, bird
animals/birds/ostrich.png: ostrich, bird
animals/birds/owl.png: owl
animals/birds/peacock.png: peacock
animals/birds/pelican.png: pelican, bird
animals/birds/penguin.png: penguin
animals/birds/pigeon.png: pigeon, dove, bird
animals/birds/pink_flamingo.png: flamingo
animals/birds/quetzal.png: quetzal, bird, parrot
animals/birds/rainbow-lorikeet.png: parrot, lorikeet, bird
animals/birds/rooster.png: rooster, cock, chicken, cockerel
animals/birds/seagull.png: seagull, gull, bird
animals/birds/silver-gull.png: seagull, gull, bird
animals/birds/tucan.png: toucan
animals/birds/turkey.png: turkey
animals/birds/vulture.png: vulture, bird
animals/fish/bluegroper.png: fish
animals/fish/butterflyfish.png: fish, butterflyfish, butterfly fish
animals/fish/clownfish.png: fish, clownfish, anemone fish
animals/fish/coraltrout.png: fish
animals/fish/dolphinfish.png: fish
animals/fish/lionfish.png: lionfish, fish
animals/fish/lobster.png: lobster
animals/fish/moonwrasse.png: fish
animals/fish/seahorse.png: seahorse
animals/fish/stripedfish.png: fish
animals/insects/Brown_slug.png: slug, snail
animals/insects/Woodlouse.png: woodlouse, isopod, insect, bug
animals/insects/fly.png: fly, insect
animals/insects/grasshopper.png: grasshopper, cricket
animals/insects/hornet.png: hornet, wasp, bee
animals/insects/hoverfly.png: hoverfly, bee, fly, wasp
animals/insects/mantis.png: mantis, praying mantis
animals/insects/xanthia.png: moth, butterfly
animals/lizards/iguana.png: iguana, lizard
animals/mammals/apes/chimp.png: chimpanzee, monkey, ape
animals/mammals/apes/gorilla.png: gorilla, ape
animals/mammals/apes/tamarin_emperor.png: tamarin, monkey
animals/mammals/aquatic/dolphin.png: dolphin
animals/mammals/aquatic/orca.png: orca, killer whale, whale
animals/mammals/aquatic/otter.png: otter
animals/mammals/aquatic/sea_lion.png: sea lion, seal
animals/mammals/aquatic/whale.png: whale
animals/mammals/badger.png: badger
animals/mammals/bears/bear.png: bear
animals/mammals/bears/european-bear.png: bear
animals/mammals/bears/toys/edward_bear.png: teddy bear, teddy
animals/mammals/bovines/bison.png: bison, buffalo
animals/mammals/bovines/bull.png: bull, ox, cow
animals/mammals/bovines/cow.png: cow, ox, bull
animals/mammals/bovines/cow_white.png: cow, ox, bull
animals/mammals/bovines/goat.png: goat
animals/mammals/bovines/indian_blackbuck.png: antelope, blackbuck, gazelle, deer
animals/mammals/bovines/mountaingoat.png: goat, chamois, antelope
animals/mammals/bovines/ram.png: ram, sheep
animals/mammals/bovines/sheep.png: sheep, ram
animals/mammals/bovines/sheep_lamb.png: lamb, sheep
animals/mammals/bovines/yak.png: yak, bison, ox
animals/mammals/bovines/zebu.png: zebu, cow, ox, bull
animals/mammals/camel/camel.png: camel
animals/mammals/camel/dromedary.png: camel, dromedary
animals/mammals/cats/lion-2.png: lion
animals/mammals/cats/lion.png: lion
animals/mammals/cats/tiger.png: tiger
animals/mammals/cats/tiger_sumatran.png: tiger
animals/mammals/deer/caribou.png: caribou, reindeer, deer
animals/mammals/deer/deer.png: deer
animals/mammals/deer/doe.png: deer, doe
animals/mammals/deer/wapiti.png: wapiti, deer, elk
animals/mammals/dogs/dingo.png: dingo, dog, wild dog
animals/mammals/dogs/dog.png: dog, husky, malamute
animals/mammals/dogs/fox.png: fox
animals/mammals/elephant.png: elephant
animals/mammals/equines/donkey.png: donkey
animals/mammals/equines/donkey_eating.png: donkey
animals/mammals/equines/horse.png: horse
animals/mammals/equines/zebra.png: zebra
animals/mammals/ferret.png: ferret, polecat, weasel
animals/mammals/giraffe.png: giraffe
animals/mammals/hippopotamus.png: hippopotamus, hippo
animals/mammals/pig.png: pig
animals/mammals/pig_golden.png: pig
animals/mammals/pig_golden2.png: pig
animals/mammals/rabbit_little.png: rabbit, hare
animals/mammals/rhino_black.png: rhinoceros, rhino
animals/mammals/rodents/beaver.png: beaver
animals/mammals/rodents/capybara.png: capybara, guinea pig
animals/mammals/rodents/marmot.png: marmot, groundhog
animals/mammals/rodents/mouse.png: mouse, rat
animals/mammals/rodents/rabbit-2.png: rabbit, hare
animals/mammals/rodents/rabbit.png: rabbit, hare
animals/mammals/rodents/rat.png: rat, mouse
animals/mammals/rodents/squirrel.png: squirrel
animals/mammals/wildboar.png: boar, wild boar, pig
animals/marsupials/kangaroo.png: kangaroo, wallaby
animals/marsupials/koala.png: koala
animals/marsupials/wombat.png: wombat
animals/shellfish/murray-mussel.png: mussel, oyster, clam, shell
clothes/clothespin_new.png: clothespin, peg, clothes peg
clothes/clothespin_old.png: clothespin, peg, clothes peg
food/fruit/Apricot_whole.png: apricot, peach
food/fruit/Cherry_Stella.png: cherry, cherries
food/fruit/Strawberry2.png: strawberry
food/fruit/apple_fuji.png: apple
food/fruit/apple_granny_smith.png: apple
food/fruit/apple_green.png: apple
food/fruit/apple_red.png: apple
food/fruit/apple_sierra_beauty.png: apple
food/fruit/apricot.png: apricot, peach
food/fruit/avocado.png: avocado
food/fruit/banana.png: banana
food/fruit/grapes.png: grapes, grape
food/fruit/kiwi.png: kiwi, kiwifruit, kiwi fruit
food/fruit/lemon.png: lemon
food/fruit/mandarine.png: orange, tangerine, mandarin
food/fruit/mango.png: mango
food/fruit/orange.png: orange, tangerine, mandarin
food/fruit/orange_seville.png: orange, tangerine
food/fruit/pear.png: pear
food/fruit/pineapple.png: pineapple
food/fruit/pomegranate.png: pomegranate
food/fruit/raspberry.png: raspberry
food/fruit/sliced_lime.png: lime, lemon
food/fruit/sliced_orange.png: orange, tangerine
food/fruit/strawberry.png: strawberry
food/nuts/almond.png: almond, nut
food/nuts/pecan.png: pecan, nut, walnut
food/nuts/walnut.png: walnut, nut
food/spices/ginger.png: ginger, ginger root
food/vegetables/broccoli.png: broccoli
food/vegetables/carrot.png: carrot
food/vegetables/chilepepper.png: pepper, chilli, chili, chile, hot pepper
food/vegetables/corn.png: corn, maize, corncob
food/vegetables/eggplant.png: eggplant, aubergine
food/vegetables/garlic.png: garlic
food/vegetables/garlics.png: garlic
food/vegetables/lettuce.png: lettuce, leafy green, salad, cabbage
food/vegetables/mushroom.png: mushroom
food/vegetables/onion.png: onion
food/vegetables/pattypan_squash.png: squash, pumpkin
food/vegetables/pepper.png: pepper, bell pepper
food/vegetables/potato.png: potato
food/vegetables/pumpkin_small.png: pumpkin
food/vegetables/redlettuce.png: lettuce, leafy green, salad
food/vegetables/tomato.png: tomato
food/vegetables/yam.png: yam, sweet potato
food/vegetables/yellowpepper.png: pepper, bell pepper
hobbies/binoculars.png: binoculars
hobbies/camera_35mm.png: camera
hobbies/music/brass/trumpet.png: trumpet
hobbies/music/percussion/cymbal_crash.png: cymbal
hobbies/music/percussion/drum_tomtom_floor.png: drum
hobbies/music/percussion/drumkit.png: drum, drums, drum kit
hobbies/music/string/cello.png: cello, violin
hobbies/music/string/guitar2.png: guitar
hobbies/music/string/guitar_classical.png: guitar
hobbies/music/string/guitar_electric.png: guitar
hobbies/music/string/guitar_electric_bass.png: guitar
hobbies/music/string/violin.png: violin
hobbies/music/wind/bassoon.png: bassoon
household/Lightbulb.png: light bulb, lightbulb, bulb
household/arttools/pen_dryerase.png: pen, marker
household/arttools/scissors_small_closed.png: scissors
household/arttools/scissors_small_open.png: scissors
household/cylinder.png: cylinder, gas cylinder, gas bottle
household/dishes/glass.png: glass, glass of water, cup
household/dishes/mug.png: mug, cup, coffee mug
household/dishes/pitcher_small.png: pitcher, jug
household/dishes/teapot.png: teapot
household/dishes/utensils/nutcracker.png: nutcracker
household/dishes/utensils/pepper_grinder.png: pepper grinder, pepper mill, mill
household/garbagecan.png: garbage can, trash can, dustbin, bin, wastebasket, ashcan, bucket
household/kettle.png: kettle, teapot, coffee pot
household/key.png: key
household/rubberduck.png: rubber duck, duck, toy duck
household/toilet.png: toilet
household/tools/cementmixer.png: cement mixer, concrete mixer
household/tools/hammer.png: hammer
household/tools/mallet_metal.png: hammer, mallet
household/tools/measuring_tape.png: measuring tape, tape measure, ruler
household/tools/paintbrush_large.png: paintbrush, brush
household/tools/plyers.png: pliers
household/tools/saw.png: saw
household/tools/spade.png: spade, shovel
household/tools/toolbox.png: toolbox
household/tools/wrench.png: wrench, spanner
household/tools/wrench_plumbers.png: wrench, spanner
household/wheelie_bin.png: garbage can, trash can, dustbin, bin, wastebasket, ashcan
medical/bandage_adhesive.png: bandage, plaster, adhesive bandage, band-aid
medical/mercurythermometer.png: thermometer
medical/stethoscope.png: stethoscope
medical/syringe.png: syringe
people/toys/grannysmith.png: doll
plants/eggplant.png: plant, eggplant, tree, potted plant
plants/flowers/adeenia.png: flower, hibiscus, blossom
plants/flowers/anemone_red.png: flower, anemone, blossom, poppy
plants/flowers/anthoorium.png: flower, blossom, anthurium
plants/flowers/bolsom.png: flower, blossom
plants/flowers/chemparathi.png: hibiscus, flower, blossom
plants/flowers/daffodil.png: daffodil, flower, blossom
plants/flowers/iris.png: iris, flower, blossom
plants/flowers/marigold.png: marigold, flower, blossom
plants/flowers/pigface.png: flower, daisy, aster, blossom
plants/flowers/red-gazania.png: flower, daisy, blossom
plants/flowers/rose.png: rose, flower
plants/flowers/whitestar-petunia.png: petunia, flower, blossom
plants/flowers/yellow-flower.png: flower, daisy, blossom, sunflower
plants/mushrooms/cep-1.png: mushroom
plants/mushrooms/cep-2.png: mushroom
plants/mushrooms/cep.png: mushroom
plants/trees/birch.png: tree
plants/trees/holm_oak.png: tree
plants/trees/liberia-palm.png: palm tree, palm, tree
plants/trees/pinecone.png: pinecone, pine cone
plants/trees/tree336.png: tree
seasonal/candle.png: candle
seasonal/christmas/Candy_cane_photo_1.png: candy cane, candy
seasonal/christmas/Candy_cane_photo_2.png: candy cane, candy
seasonal/christmas/Christmas_Tree_photo.png: christmas tree, tree
seasonal/christmas/Mince_Pie.png: pie
seasonal/christmas/Roast_turkey.png: turkey, chicken, roast turkey, poultry leg
seasonal/christmas/xmaswreath.png: wreath
space/moon/moon_3qt.png: moon
space/moon/moon_full.png: moon
space/spacewalk.png: astronaut
sports/australian_rules_football.png: ball, football, rugby ball, american football
sports/basketball.png: basketball, ball
sports/cricketball.png: ball, cricket ball
sports/football.png: football, american football, ball, rugby ball
sports/soccer.png: soccer ball, ball, football
sports/tennis_ball.png: tennis ball, ball, tennis
sports/tennis_racket.png: racket, tennis racket, racquet, tennis
sports/trophy_cup.png: trophy, cup
town/uk_post_box.png: mailbox, postbox, post box, letter box
town/usps_mailbox.png: mailbox, postbox, post box
vehicles/7spoke256.png: wheel, tire, tyre
vehicles/auto/beetle.png: car, beetle
vehicles/auto/sedan.png: car, sedan
vehicles/auto/sportscar2.png: car, sports car, convertible, race car
vehicles/auto/truck.png: truck, pickup truck, pickup, car
vehicles/cycle/pink_tricycle.png: tricycle
vehicles/emergency/firetruck.png: fire engine, fire truck
vehicles/flight/balloon360.png: balloon, hot air balloon
vehicles/flight/planes/747.png: airplane, plane, aeroplane, airliner, jet
vehicles/garbagetruck.png: garbage truck, truck
vehicles/masstransit/green_korean_bus.png: bus
vehicles/race/indycar.png: racing car, race car, car
vehicles/ship/walnutBoat.png: sailboat, boat, ship
vehicles/wheel_tractor.png: wheel, tire, tyre
`;

/** A file under the stamps' folder, and its right names. */
export interface NamedPhotograph {
  file: string;
  names: readonly string[];
}

export const PHOTOGRAPHS: readonly NamedPhotograph[] = LINES.trim()
  .split('\n')
  .map((line) => {
    const [file, names] = line.split(': ');
    return { file, names: names.split(', ') };
  });
