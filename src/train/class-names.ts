/**
 * @file What a person would call each of the tower's 1,000 ImageNet classes: kinds by range of class numbers (the
 * animals stand in order), everyday names for the rest, the class's own name where that is one.
 */
const RANGES = `
0-1 fish|2-4 shark|5-6 ray|7 rooster|8 chicken|9 ostrich|10-21 bird|22 eagle|23 vulture|24 owl|25-28 salamander|29 axolotl|
30-32 frog|33-37 turtle|38-48 lizard|49-50 crocodile|51 dinosaur|52-68 snake|69 fossil|70 spider|71 scorpion|72-77 spider|
78 tick|79 centipede|80-83 bird|84 peacock|85-86 bird|87-90 parrot|91-95 bird|96 toucan|97-98 duck|99 goose|100 swan|
101 elephant|102 echidna|103 platypus|104 kangaroo|105 koala|106 wombat|107 jellyfish|108 sea anemone|109 coral|
110-111 worm|112 shell|113 snail|114-115 slug|116-117 shell|118-121 crab|122-124 lobster|125 crab|126 insect|127-128 stork|
129 bird|130 flamingo|131-143 bird|144 pelican|145 penguin|146 bird|147-148 whale|149 seal|150 seal|151-268 dog|269-271 wolf|
272 coyote|273-275 dog|276 hyena|277-280 fox|281-285 cat|286 cougar|287 lynx|288-290 leopard|291 lion|292 tiger|293 leopard|
294-297 bear|298 mongoose|299 meerkat|300 beetle|301 ladybug|302-307 beetle|308 fly|309 bee|310 ant|311-312 cricket|313 insect|
314 cockroach|315 mantis|316-318 insect|319-320 dragonfly|321-326 butterfly|327 starfish|328 sea urchin|329 sea cucumber|
330-332 rabbit|333 hamster|334 hedgehog|335 squirrel|336 marmot|337 beaver|338 guinea pig|339 horse|340 zebra|341 pig|
342-343 wild boar|344 hippopotamus|345 ox|346 ox|347 bison|348-349 sheep|350 goat|351-353 deer|354 camel|355 llama|
356-359 weasel|360 otter|361 skunk|362 badger|363 armadillo|364 sloth|365 orangutan|366 gorilla|367-382 monkey|383-384 lemur|
385-386 elephant|387 red panda|388 panda|389 fish|390 eel|391-396 fish|397 blowfish`;

const NAMES = `
abaya=dress|academic gown=dress|acoustic guitar=guitar|aircraft carrier=ship|airliner=airplane|airship=balloon|
amphibian=car|analog clock=clock|apiary=beehive|ashcan=trash can|assault rifle=gun|ballpoint=pen|Band Aid=bandage|
bannister=stairs|barber chair=chair|barbershop=shop|barometer=clock|barrow=wheelbarrow|bassinet=cradle|bathing cap=cap|
bath towel=towel|beach wagon=car|beacon=lighthouse|beaker=glass|bearskin=hat|beer bottle=bottle|beer glass=beer|
bell cote=bell|bicycle-built-for-two=bicycle|bobsled=sled|bolo tie=necktie|bonnet=hat|bookcase=bookshelf|bookshop=shop|
bottlecap=bottle cap|brass=sign|brassiere=bra|bullet train=train|butcher shop=shop|cab=taxi|caldron=pot|cannon=cannon|
cardigan=sweater|car mirror=mirror|carousel=carousel|carpenter's kit=toolbox|carton=box|car wheel=wheel|cash machine=machine|
cassette player=radio|catamaran=sailboat|CD player=radio|cellular telephone=phone|chainlink fence=fence|chain mail=armor|
chain saw=saw|chiffonier=cabinet|chime=bell|china cabinet=cabinet|Christmas stocking=sock|cleaver=knife|
cliff dwelling=house|clog=shoe|cocktail shaker=shaker|coffee mug=cup|coffeepot=pot|combination lock=lock|
computer keyboard=keyboard|confectionery=candy|container ship=ship|convertible=car|cornet=trumpet|cowboy boot=boot|
cowboy hat=hat|crash helmet=helmet|crib=bed|Crock Pot=pot|croquet ball=ball|cuirass=armor|desktop computer=computer|
dial telephone=telephone|digital clock=clock|digital watch=watch|dining table=table|dishrag=cloth|disk brake=wheel|
dogsled=sled|doormat=mat|drilling platform=oil rig|drumstick=drum|Dutch oven=pot|electric fan=fan|electric guitar=guitar|
electric locomotive=train|entertainment center=television|espresso maker=coffee machine|feather boa=scarf|file=cabinet|
fireboat=boat|fire screen=fireplace|flagpole=flag|folding chair=chair|football helmet=helmet|fountain pen=pen|
four-poster=bed|freight car=train|French horn=trumpet|fur coat=coat|garbage truck=truck|gasmask=mask|gas pump=fuel pump|
goblet=wine glass|go-kart=race car|golfcart=car|gondola=boat|gown=dress|grand piano=piano|grille=car|grocery store=shop|
hair slide=hairpin|hair spray=spray can|half track=tank|hamper=basket|hand blower=hair dryer|hand-held computer=phone|
handkerchief=cloth|hard disc=hard disk|harvester=tractor|hatchet=axe|home theater=television|hoopskirt=dress|
horse cart=cart|iPod=music player|jack-o'-lantern=jack-o-lantern|jean=jeans|jeep=car|jersey=t-shirt|
jigsaw puzzle=puzzle piece|jinrikisha=cart|knee pad=pad|lab coat=lab coat|ladle=spoon|lampshade=lamp|lens cap=lens|
letter opener=knife|liner=ship|limousine=car|Loafer=shoe|lotion=lotion bottle|loudspeaker=speaker|loupe=magnifying glass|
magnetic compass=compass|mailbag=bag|maillot=swimsuit|maillot tank suit=swimsuit|manhole cover=manhole|
measuring cup=cup|medicine chest=cabinet|megalith=rock|military uniform=uniform|milk can=milk can|minibus=bus|
miniskirt=skirt|minivan=van|missile=rocket|mitten=glove|mixing bowl=bowl|mobile home=house|Model T=car|
monastery=church|monitor=screen|moped=scooter|mortar=bowl|mortarboard=graduation cap|mosquito net=net|
motor scooter=scooter|mountain bike=bicycle|mountain tent=tent|mouse=computer mouse|mousetrap=mouse trap|
moving van=truck|neck brace=brace|nipple=baby bottle|oboe=clarinet|ocarina=flute|organ=organ|overskirt=skirt|
oxcart=cart|paddlewheel=boat|padlock=lock|pajama=pajamas|panpipe=flute|park bench=bench|passenger car=train|
pay-phone=telephone|pencil box=box|photocopier=printer|pickelhaube=helmet|picket fence=fence|pickup=truck|
ping-pong ball=ball|pirate=ship|pitcher=jug|plane=hand plane|plate rack=plates|plow=plow|Polaroid camera=camera|
pole=pole|police van=police car|pop bottle=bottle|power drill=drill|prayer rug=rug|projectile=rocket|
punching bag=boxing bag|purse=handbag|quill=feather|quilt=blanket|racer=race car|radio telescope=satellite antenna|
rain barrel=barrel|recreational vehicle=van|reflex camera=camera|remote control=remote|revolver=gun|rifle=gun|
rocking chair=chair|rubber eraser=eraser|rugby ball=football|rule=ruler|running shoe=shoe|saltshaker=salt shaker|
sax=saxophone|schooner=sailboat|shoe shop=shop|shopping basket=basket|ski mask=mask|slide rule=ruler|slot=slot machine|
snowplow=truck|soccer ball=soccer ball|solar dish=satellite antenna|sombrero=hat|soup bowl=bowl|space bar=keyboard|
space heater=heater|space shuttle=rocket|sports car=car|spotlight=lamp|steam locomotive=locomotive|
steel arch bridge=bridge|steel drum=drum|stole=scarf|strainer=strainer|streetcar=tram|studio couch=couch|
suspension bridge=bridge|sunglass=sunglasses|swimming trunks=shorts|table lamp=lamp|tape player=radio|teddy=teddy bear|
tennis ball=tennis ball|thatch=hut|theater curtain=curtain|tile roof=roof|tobacco shop=shop|toilet seat=toilet|
torch=torch|toyshop=shop|tow truck=truck|trailer truck=truck|trench coat=coat|trimaran=sailboat|
trolleybus=bus|tub=bathtub|typewriter keyboard=typewriter|upright=piano|vacuum=vacuum cleaner|vestment=dress|
wall clock=clock|warplane=airplane|washbasin=sink|washer=washing machine|water bottle=bottle|water jug=jug|
whiskey jug=jug|window screen=window|window shade=window|Windsor tie=necktie|wine bottle=bottle|wing=airplane wing|
wok=pan|frying pan=pan|wooden spoon=spoon|wool=yarn|worm fence=fence|wreck=ship|yawl=sailboat|yurt=tent|web site=web page|
book jacket=book|consomme=soup|hot pot=stew|trifle=dessert|ice lolly=popsicle|French loaf=bread|cheeseburger=hamburger|
hotdog=hot dog|head cabbage=cabbage|zucchini=cucumber|spaghetti squash=squash|acorn squash=squash|
butternut squash=squash|bell pepper=pepper|cardoon=thistle|Granny Smith=apple|carbonara=spaghetti|
meat loaf=meat loaf|potpie=pie|red wine=wine|espresso=coffee|eggnog=milk|alp=mountain|lakeside=lake|promontory=cliff|
sandbar=beach|seashore=beach|ballplayer=baseball player|groom=bridegroom|scuba diver=diver|rapeseed=flower|
daisy=daisy|yellow lady's slipper=flower|hip=berry|buckeye=chestnut|coral fungus=mushroom|agaric=mushroom|
gyromitra=mushroom|stinkhorn=mushroom|earthstar=mushroom|hen-of-the-woods=mushroom|bolete=mushroom|ear=corn|
toilet tissue=toilet paper|fire engine=fire truck|speedboat=speedboat|lifeboat=lifeboat|motorcycle=motorcycle|
perfume=perfume bottle|pill bottle=bottle|plastic bag=bag|packet=packet|menu=menu|street sign=sign|
parking meter=parking meter|binder=folder|notebook=laptop|laptop=laptop|mailbox=mailbox|stage=stage|vault=vault`;

const parseTable = (): { ranges: Map<number, string>; names: Map<string, string> } => {
  const ranges = new Map<number, string>();
  for (const item of RANGES.replaceAll('\n', '').split('|')) {
    const [span, ...name] = item.split(' ');
    const [from, to = from] = span.split('-').map(Number);
    for (let i = from; i <= to; i++) ranges.set(i, name.join(' '));
  }
  const names = new Map(
    NAMES.replaceAll('\n', '')
      .split('|')
      .map((item) => item.split('=') as [string, string]),
  );
  return { ranges, names };
};

/**
 * Everyday names of the tower's classes.
 *
 * @param classes the class names in order, as in `classes.json` (words before the first comma count)
 */
export function everydayNames(classes: readonly string[]): string[] {
  const { ranges, names } = parseTable();
  return classes.map((full, i) => {
    const own = full.split(',')[0];
    return ranges.get(i) ?? names.get(own) ?? own.toLowerCase();
  });
}
