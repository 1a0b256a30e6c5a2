/** What one eats and drinks, and what from; the line format is described in `concept-lines.ts`. */
export const FOOD = `
@fruit
grapes # = grapes ; grape, bunch of grapes
melon ; honeydew, cantaloupe, honeydew melon
watermelon ; melon, slice of watermelon, watermelon slice
orange = tangerine ; tangerine, mandarin, clementine
lemon ; lime
banana ; bananas
pineapple
apple = red-apple green-apple ; red apple, green apple
pear
peach ; nectarine, apricot
cherries # = cherries ; cherry
strawberry
kiwi = kiwi-fruit ; kiwi fruit, kiwifruit
coconut
mango / mangoes
blueberries # = blueberries ; blueberry, berries
olive ; olives
tomato / tomatoes ; +vegetable
avocado ; +vegetable
@vegetable
eggplant ; aubergine
corn ~ = ear-of-corn ; ear of corn, maize, corn on the cob, corncob, sweetcorn, corn cob
chili pepper = hot-pepper ; chili, hot pepper, pepper, red pepper, chilli, chilli pepper
bell pepper ; pepper, capsicum, green pepper, sweet pepper
carrot
potato / potatoes
sweet potato / sweet potatoes = roasted-sweet-potato ; potato, yam, roasted sweet potato
cucumber ; pickle
broccoli ~
lettuce ~ = leafy-green ; leafy green, cabbage, spinach, greens, bok choy, leaf, salad
garlic ~ ; garlic bulb, onion
onion
ginger ~ = ginger-root ; ginger root
beans # = beans ; bean, kidney beans
peas # = pea-pod ; pea, pea pod, pod, peapod
mushroom ; toadstool, fungus, +plant
chestnut ; nut, acorn
peanuts # = peanuts ; peanut, nuts, nut
@food
hot dog ; hotdog, sausage, frankfurter
taco
burrito ; wrap
hamburger ; burger, cheeseburger
sandwich ; sub
kebab = stuffed-flatbread ; pita, falafel sandwich, gyro, flatbread, sandwich, stuffed flatbread, wrap
pizza / pizzas ; slice of pizza, pizza slice
french fries # = french-fries ; fries, chips
meat on the bone / pieces of meat = meat-on-bone ; meat, meat on bone, bone, ham, leg of meat
drumstick = poultry-leg ; chicken leg, chicken drumstick, chicken, poultry leg, turkey leg, leg, meat
steak = cut-of-meat ; meat, cut of meat, beef
bacon ~ ; meat
rice ~ = cooked-rice ; bowl of rice, cooked rice, rice bowl
curry ~ = curry-rice ; curry rice, curry and rice, rice and curry
rice ball = rice-ball ; onigiri
rice cracker = rice-cracker ; cracker
noodles # = steaming-bowl ; ramen, soup, noodle soup, bowl of noodles, bowl of soup, steaming bowl
spaghetti ~ ; pasta, noodles
bread ~ / loaves of bread = bread ; loaf, loaf of bread, toast, slice of bread
baguette = baguette-bread ; bread, french bread, french loaf
flatbread ; pita, naan, bread, tortilla
croissant
bagel ; doughnut
pretzel
pancakes # = pancakes ; pancake, hotcakes
waffle
egg = egg ; eggs
fried egg = cooking ; egg, eggs, frying pan, pan, cooking
paella = shallow-pan-of-food ; pan of food, pan, stew, frying pan
pot of food / pots of food = pot-of-food ; stew, soup, pot, hot pot
fondue ; pot, cheese fondue, pot of food
salad = green-salad ; green salad, bowl of salad
cheese ~ = cheese-wedge ; cheese wedge, wedge of cheese, piece of cheese, swiss cheese
butter ~ ; stick of butter
salt ~ ; salt shaker, saltshaker
falafel ; meatballs, meatball
dumpling ; gyoza, pierogi
sushi ~
skewer = oden ; oden, kebab, food on a stick
sweet dumplings # = dango ; dango, skewer, mochi, candy
fried shrimp / fried shrimps ; shrimp, tempura, prawn
fish cake = fish-cake-with-swirl ; narutomaki, swirl, fish cake with swirl
lunch box / lunch boxes = bento-box ; bento, bento box
takeout box / takeout boxes ; take out box, takeaway box, chinese food, takeout
tamale
can of food / cans of food = canned-food ; can, tin, canned food, tin can, tin of food
popcorn ~
@food dessert
ice cream ~ / ice creams = ice-cream soft-ice-cream ; ice cream cone, soft ice cream, gelato, sundae, soft serve
shaved ice ~ ; snow cone, ice cream, sorbet
doughnut ; donut
cookie ; biscuit
fortune cookie ; cookie
chocolate bar ; chocolate, candy bar, bar of chocolate
candy / candies ; sweet, sweets
lollipop ; lolly, candy, sucker
pudding = custard ; custard, flan, creme caramel
honey ~ / pots of honey = honey-pot ; honey pot, honey jar, pot of honey, jar of honey
cake = shortcake birthday-cake ; birthday cake, shortcake, slice of cake, strawberry cake, piece of cake
cupcake ; muffin
pie ; tart
mooncake = moon-cake ; moon cake, cookie
@drink
coffee ~ / cups of coffee = hot-beverage ; cup of coffee, tea, cup of tea, hot drink, cup, hot beverage, espresso
green tea ~ / cups of tea = teacup-without-handle ; tea, cup, bowl, teacup, cup of tea, tea cup, matcha
sake ~ / bottles of sake ; bottle, sake bottle
wine ~ / glasses of wine = wine-glass ; glass of wine, wine glass, red wine, wineglass
cocktail = cocktail-glass ; martini, cocktail glass, drink
tropical drink ; cocktail, juice, drink
beer ~ / glasses of beer = beer-mug clinking-beer-mugs ; mug of beer, beer mug, glass of beer, beers, beer mugs, clinking beer mugs
champagne glasses # = clinking-glasses ; glasses, champagne, glasses of champagne, clinking glasses, champagne glass, toast
glass of whiskey / glasses of whiskey = tumbler-glass ; whiskey, glass, whisky, tumbler, drink
champagne ~ / bottles of champagne = bottle-with-popping-cork ; champagne bottle, bottle, bottle of champagne, sparkling wine
milk ~ / glasses of milk = glass-of-milk ; glass of milk, milk glass
soda / sodas = cup-with-straw ; soft drink, cup with straw, drink, cup, coke, cola
juice box / juice boxes = beverage-box ; juice, drink, carton, beverage box, juice carton
bubble tea ~ / bubble teas ; boba, milk tea, tea, boba tea
mate ~ / cups of mate ; mate drink, yerba mate, tea, gourd
ice cube = ice ; ice, ice cubes
baby bottle ; bottle, milk bottle
@household kitchen
fork and knife / forks and knives = fork-and-knife ; fork, knife, cutlery, silverware, knife and fork
plate = fork-and-knife-with-plate ; plate with knife and fork, dish, dinner plate, plate and cutlery, fork and knife with plate
spoon
chopsticks # = chopsticks ; chop sticks
bowl = bowl-with-spoon ; bowl of cereal, bowl with spoon, cereal, soup, porridge
kitchen knife / kitchen knives ; knife, +tool, +weapon
teapot ; tea pot, kettle
jar ; jam jar
vase = amphora ; amphora, pot, urn, jug
pouring liquid ~ = pouring-liquid ; water, pouring water, glass of water
`;
