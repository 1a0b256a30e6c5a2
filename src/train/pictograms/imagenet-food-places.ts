/** Papers, food, places, plants and people: classes 916 to 999 of ImageNet, a line each; the format is described in `imagenet.ts`. */
export const FOOD_PLACES = `
website @device ; web site, web page, webpage, page, screenshot
comic book >book ; comic, comics
crossword @toy ; crossword puzzle, puzzle
sign ; street sign, road sign
traffic light
book ; book cover, book jacket
menu @stationery
plate ; plate of food, food, dish
guacamole ~ @food ; dip, avocado dip
soup ~ @food ; consomme, broth, bowl of soup
hot pot >pot-of-food ; hotpot, soup, stew, pot
trifle @food ; dessert, pudding
ice cream
popsicle @food ; ice lolly, ice pop, ice cream, lolly
bread ; French loaf, baguette
bagel
pretzel
hamburger ; cheeseburger
hot dog ; hotdog
mashed potatoes # @food ; mashed potato, potato, potatoes
cabbage @vegetable ; head of cabbage, lettuce, head cabbage
broccoli
cauliflower ~ @vegetable
zucchini @vegetable ; courgette, cucumber
squash ~ @vegetable ; spaghetti squash, pumpkin
squash ~ @vegetable ; acorn squash, pumpkin
squash ~ @vegetable ; butternut squash, pumpkin
cucumber
artichoke @vegetable
bell pepper
thistle @plant ; cardoon, flower, artichoke
mushroom
apple ; green apple, Granny Smith
strawberry
orange
lemon
fig @fruit ; figs
pineapple
banana
jackfruit @fruit
custard apple @fruit
pomegranate @fruit
hay ~ @plant ; straw, hay bale, bale
spaghetti ; carbonara, pasta
chocolate sauce ~ @food ; chocolate, sauce
dough ~ @food ; bread
meat loaf @food ; meatloaf, meat
pizza
pie ; pot pie, potpie
burrito
wine ; red wine
coffee ; espresso
cup @household ; mug, teacup, tea, coffee
eggnog ~ @drink ; milk, cocktail
mountain ; alp
bubble >bubbles
cliff @place ; rock face, rock, mountain
coral ; coral reef
geyser @place
lake @place ; lakeside, lakeshore, water
cliff @place ; promontory, headland, coast, sea, cape
beach ; sandbar
beach ; seashore
valley @place ; mountain, mountains
volcano
baseball player @person ; ballplayer, player
groom @person ; bridegroom, man, couple, bride
diver @person ; scuba diver
rapeseed ~ @plant ; rape, canola, field, flower, flowers
flower ; daisy
flower ; orchid, lady's slipper, yellow lady's slipper
corn
acorn @plant ; nut
rose hip @fruit ; rose hips, berry, berries, hip
chestnut ; buckeye, horse chestnut
mushroom ; coral fungus
mushroom ; agaric
mushroom ; gyromitra
mushroom ; stinkhorn
mushroom ; earthstar
mushroom ; hen-of-the-woods
mushroom ; bolete
corn ; ear of corn, ear
toilet paper ; toilet tissue
`;
