/** Devices, tools, papers, festivals and signs; the line format is described in `concept-lines.ts`. */
export const DEVICES = `
@device
laptop ; computer, laptop computer, notebook computer
computer = desktop-computer ; desktop computer, monitor, desktop, screen, pc
keyboard ; computer keyboard
computer mouse / computer mice ; mouse
trackball ; computer mouse, mouse
printer
phone = mobile-phone mobile-phone-with-arrow ; mobile phone, cell phone, smartphone, cellphone, iphone
telephone ; phone, landline phone
telephone receiver ; phone, receiver, telephone, handset
pager ; beeper
fax machine ; fax, printer
television ; tv, tv set
radio ; radio receiver
camera = camera camera-with-flash ; photo camera, camera with flash
video camera ; camera, camcorder
movie camera ; camera, film camera
film projector ; projector, movie projector
cassette = videocassette ; videocassette, video tape, tape, vhs, video cassette, videotape
film strip = film-frames ; film, film frames, filmstrip, movie film
disc = optical-disk dvd computer-disk ; cd, dvd, disk, optical disk, minidisc, compact disc, compact disk
floppy disk ; disk, floppy disc, floppy
battery = battery low-battery ; low battery
plug = electric-plug ; electric plug, power plug
flashlight ; torch
headphones # = headphone ; headphone, headset, earphones
microphone = microphone studio-microphone ; mic, studio microphone
speaker = speaker-low-volume speaker-medium-volume speaker-high-volume muted-speaker ; loudspeaker, sound, volume, muted speaker, muted
megaphone = megaphone loudspeaker ; loudspeaker, bullhorn, speaker
slider = level-slider ; level slider, fader
knobs # = control-knobs ; control knobs, knob, dials, dial
satellite dish / satellite dishes = satellite-antenna ; satellite antenna, antenna, dish, radar
clock = mantelpiece-clock one-oclock two-oclock three-oclock four-oclock five-oclock six-oclock seven-oclock eight-oclock nine-oclock ten-oclock eleven-oclock twelve-oclock one-thirty two-thirty three-thirty four-thirty five-thirty six-thirty seven-thirty eight-thirty nine-thirty ten-thirty eleven-thirty twelve-thirty ; wall clock, mantelpiece clock, mantel clock
alarm clock ; clock
timer = timer-clock ; clock, timer clock, stopwatch
stopwatch / stopwatches ; clock, timer
watch / watches ; wristwatch, wrist watch, clock
hourglass / hourglasses = hourglass-done hourglass-not-done ; sand timer, hour glass, sandglass
thermometer
microscope
telescope
scale = balance-scale ; scales, balance, balance scale
abacus / abacuses
compass / compasses
magnifying glass / magnifying glasses = magnifying-glass-tilted-left magnifying-glass-tilted-right ; magnifier, loupe
x-ray = x-ray ; xray, x ray, bones, skeleton
@medical
syringe ; needle, injection, shot
pill ; capsule, medicine, pills
bandage = adhesive-bandage ; band aid, adhesive bandage, plaster
stethoscope
crutch / crutches ; cane
cane = white-cane ; white cane, stick, walking stick
blood drop = drop-of-blood ; drop of blood, blood, drop
test tube
petri dish / petri dishes ; bacteria
dna ~ = dna ; dna strand, double helix
flask = alembic ; alembic, distiller, laboratory flask, chemistry flask
@tool
hammer
axe ; ax, hatchet
pickaxe = pick ; pick, pick axe
hammer and pick / hammers and picks = hammer-and-pick ; hammer, pickaxe, tools, pick
hammer and wrench / hammers and wrenches = hammer-and-wrench ; hammer, wrench, tools, spanner
wrench / wrenches ; spanner
screwdriver
saw = carpentry-saw ; hand saw, carpentry saw, handsaw
bolt = nut-and-bolt ; nut and bolt, screw, nut
gear ; cog, cogwheel, gear wheel
clamp ; vise, vice
chain = chains ; chains
chain link = link ; link, chain, links
hook ; crane hook
ladder
magnet ; horseshoe magnet
toolbox / toolboxes ; tool box
fire extinguisher
life buoy = ring-buoy ; lifebuoy, life ring, life preserver, ring buoy, lifesaver, life belt
rope = knot ; knot, rope knot
scissors # = scissors ; pair of scissors
@weapon
bomb
dagger ; knife, sword
swords # = crossed-swords ; crossed swords, sword
shield
bow and arrow / bows and arrows = bow-and-arrow ; bow, arrow
@stationery
pencil
pen ; ballpoint pen, ballpoint
fountain pen = fountain-pen black-nib ; pen, black nib, nib
paintbrush / paintbrushes ; brush, paint brush
crayon ; pencil, red crayon
palette = artist-palette ; paint palette, artist palette, paint, paints
ruler = straight-ruler ; straight ruler
set square = triangular-ruler ; triangular ruler, ruler, triangle, triangle ruler
paperclip = paperclip linked-paperclips ; paper clip, paperclips, linked paperclips, paper clips
pin = pushpin round-pushpin ; pushpin, thumbtack, push pin, tack, map pin
book = closed-book green-book blue-book orange-book open-book notebook-with-decorative-cover notebook ledger ; notebook, open book, closed book, textbook, red book, blue book, green book, orange book, ledger
books # = books ; stack of books, book, pile of books
notepad = spiral-notepad ; notebook, spiral notepad, notes, notepaper
calendar = calendar tear-off-calendar spiral-calendar ; spiral calendar
clipboard
page = page-facing-up page-with-curl bookmark-tabs ; paper, document, sheet of paper, file, page with curl
memo = memo ; note, paper and pencil, pencil and paper, notepad, writing
scroll ; parchment
newspaper = newspaper rolled-up-newspaper ; news, paper, rolled up newspaper
folder = file-folder open-file-folder card-index-dividers ; file folder, file, open folder, dividers
card index / card indexes = card-index ; rolodex, index cards
bookmark ; ribbon
receipt ; bill
chart = bar-chart chart-increasing chart-decreasing chart-increasing-with-yen ; graph, bar chart, bar graph, line chart, diagram
id card = identification-card ; identification card, card, id, badge, identity card
sign = placard ; placard, protest sign
tag = label ; label, price tag
envelope = envelope e-mail incoming-envelope envelope-with-arrow ; letter, mail, email, e mail, message
red envelope = red-envelope ; envelope, red packet
mailbox / mailboxes = closed-mailbox-with-lowered-flag closed-mailbox-with-raised-flag open-mailbox-with-raised-flag open-mailbox-with-lowered-flag postbox ; postbox, letter box, letterbox, mail box, post box
tray = outbox-tray inbox-tray ; inbox, outbox, inbox tray, outbox tray
ballot box / ballot boxes = ballot-box-with-ballot ; box, voting box
@money
credit card ; card, bank card
banknote = dollar-banknote euro-banknote pound-banknote yen-banknote ; money, bill, cash, dollar, dollars, euro, note, bills, banknotes, pound, yen, dollar bill
flying money ~ = money-with-wings ; money with wings, money, cash
coin ; money, gold coin
@decoration
ribbon = ribbon ; bow, pink bow, pink ribbon
awareness ribbon = reminder-ribbon ; ribbon, reminder ribbon
gift = wrapped-gift ; present, gift box, wrapped gift
pumpkin = jack-o-lantern ; jack o lantern, jack-o'-lantern, jack o' lantern, halloween pumpkin
fireworks # = fireworks ; firework
sparkler ; firework, fireworks
firecracker ; dynamite, fireworks
party popper ; confetti, popper, tada
party ball = confetti-ball ; confetti ball, confetti, ball
disco ball = mirror-ball ; mirror ball, ball
fish flag = carp-streamer ; carp streamer, koinobori, fish, fish kite, flags
wind chime ; bell, wind chimes
moon viewing ~ = moon-viewing-ceremony ; moon viewing ceremony, grass, rice, dumplings
theater masks # = performing-arts ; masks, theatre masks, drama masks, comedy and tragedy, performing arts, mask
ticket = ticket admission-tickets ; tickets, admission tickets, admission ticket
clapperboard = clapper-board ; clapper, clapper board, film clapper, movie clapper
evil eye = nazar-amulet ; nazar, amulet, eye, nazar amulet, blue eye
hand amulet = hamsa ; hamsa, hand, amulet, hand of fatima
@symbol
spade = spade-suit ; spades, spade suit
club = club-suit ; clubs, club suit, clover
heart = heart-suit ; hearts, heart suit, red heart
diamond = diamond-suit ; diamonds, diamond suit, rhombus
music note = musical-note musical-notes ; music notes, musical note, note, notes, musical notes
sheet music ~ = musical-score ; musical score, music, score, treble clef
sparkles # = sparkles ; stars, sparkle, star
bell with a slash / bells with slashes = bell-with-slash ; bell, no bell, muted bell, bell with slash
`;
