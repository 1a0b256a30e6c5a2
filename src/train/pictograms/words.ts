/** Common English words of two to eight letters for lettering. */
export const LETTERING_WORDS: readonly string[] = (
  'at be by do go he if in is it me my no of on or so to up us we am an as ' +
  'act add age air all and any arm art ask bad bag bar bed big bit box boy bus but buy can cap car cat cup cut day dog ' +
  'dry ear eat egg end eye fan far fit fly for fun gas get gum hat hit hot ice ink job joy key kid lab leg let lid lip ' +
  'low man map mix mud net new not now nut oak oil old one our out own pan pay pen pet pie pin pop pot put red row run ' +
  'sad sea see set sky sun tap tax tea ten the tie tin top toy try two use van war way web wet who why win yes you zoo ' +
  'army away baby back ball band bank base bath bear best bike bird blue boat body bold book born both bowl bread busy ' +
  'cafe cake call calm camp card care cash cent chat chip city club coal coat code cold come cook cool copy corn cost ' +
  'dark data date deal deep desk dial dish door down draw drop drum duck dust duty east easy edge exit face fact fair ' +
  'fall farm fast film fine fire fish flag flat flow food foot fork form free frog fuel full game gate gift girl give ' +
  'goal gold good gray grey grow half hall hand hard have head heat help here hero high hill home hope horn hour idea ' +
  'iron item jazz join jump just keep kind king kite lake lamp land last lazy leaf left lemon life lift like line lion ' +
  'list live lock long look loop love luck mail main make many mark menu mile milk mind moon more most move much music ' +
  'name near neck news next nice nine north note ocean open orange order over oven page paint pair park part past path ' +
  'peak pear piano pink pizza place plan plant play plus poem pool post pull pure push queen quick quiet race radio rain ' +
  'ready real rest rice rich ride right ring river road rock roof room root rose rule safe sale salt sand save school ' +
  'seat seed sell send shop show side sign silver sing size sleep slow small smart smile snow soap soft song soon soup ' +
  'south space spoon sport star start stop store storm story street sugar summer sweet swim table taxi team tent test ' +
  'thank think tiger time tool town train travel tree trip true turn uncle under unit value video view visit voice wait ' +
  'wake walk wall warm wash watch water wave west white wide wild wind window wine wing winter wood word work world ' +
  'write yard year yellow young zebra zero zone apple beach black brown candy chair cheese circle clean cloud coffee ' +
  'dance dinner doctor dragon dream eight engine family father fifty flower forest friend fruit garden ginger glass grape ' +
  'green guitar hammer happy heart holiday honey horse hotel house hundred island jacket juice jungle kitchen ladder ' +
  'letter library light little lunch magic market middle minute money monkey morning mother mountain museum nature night ' +
  'number office paper parking party pencil people pepper person picture planet pocket police potato power present price ' +
  'purple rabbit rocket salad second seven sister spring square station student sunday tennis ticket today tomato tower ' +
  'monday tuesday friday saturday january april june july august october weekend welcome'
).split(' ');
