/**
 * What passwords of people here are made of: the words that open every published list of leaked
 * passwords, with their Dutch, French and German likes, names, months, days, towns and clubs. Drawn
 * up for this program from common knowledge; no published list was copied.
 */
export const commonWords: readonly string[] = `
password passwort motdepasse wachtwoord paswoord passe passwd pass kennwort geheim secret secreto
welcome welkom bienvenue willkommen bonjour hallo hello goedemorgen guten salut dag test testing
tester testtest demo guest gast invite user gebruiker utilisateur benutzer login logon aanmelden
connexion admin administrator administrateur beheerder verwalter root master system systeem systeme
manager superuser super operator service support helpdesk office kantoor bureau changeme change
wijzigmij temporary tijdelijk temporaire default standaard standard computer laptop internet
windows microsoft google facebook twitter youtube instagram linkedin apple android samsung iphone
letmein trustno iloveyou jetaime ikhouvanjou ichliebedich loveme love lover liefde amour liebe
schatje schat cherie cheri darling sweetheart honey baby babygirl angel ange engel princess
prinses princesse prinzessin prince king koning queen koningin reine sunshine zonneschijn soleil
sonne sunflower zonnebloem flower bloem fleur blume rainbow regenboog summer zomer ete sommer winter
hiver spring lente printemps autumn herfst automne herbst january januari janvier januar february
februari fevrier februar march maart mars april avril mei juin juni june juillet juli july
augustus august aout september septembre october oktober octobre november novembre december
decembre dezember monday maandag lundi montag tuesday dinsdag mardi dienstag wednesday woensdag
mercredi mittwoch thursday donderdag jeudi donnerstag friday vrijdag vendredi freitag saturday
zaterdag samedi samstag sunday zondag dimanche sonntag football voetbal fussball soccer baseball
basketball hockey tennis cycling wielrennen velo fietsen liverpool arsenal chelsea barcelona
realmadrid juventus ajax anderlecht clubbrugge standard genk gent charleroi antwerp antwerpen
feyenoord belgium belgie belgique belgien brussels brussel bruxelles brugge bruges liege luik
namur namen mons bergen leuven louvain mechelen malines hasselt kortrijk oostende ostende eupen
vlaanderen flandre wallonie ardennen europe europa holland nederland france deutschland germany
dragon draak drache monkey aap singe affe tiger tijger tigre lion leeuw loewe panther eagle adelaar
aigle adler wolf loup bear beer ours hond chien hund dog puppy kat chat katze cat kitten poes
minou horse paard cheval pferd butterfly vlinder papillon schmetterling dolphin dolfijn dauphin
shadow schaduw ombre batman superman spiderman ironman pokemon pikachu minecraft fortnite starwars
skywalker matrix hunter jager chasseur ranger soldier warrior killer ninja pirate piraat mustang
ferrari porsche mercedes audi bmw volkswagen toyota peugeot renault citroen volvo harley yamaha
chocolate chocolade chocolat schokolade cookie koekje cheese kaas fromage banana banaan orange
sinaasappel apple appel pomme apfel cherry kers cerise pepper peper ginger coffee koffie cafe kaffee
whisky vodka bier biere wijn wein music muziek musique musik guitar gitaar guitare piano metallica
nirvana slipknot eminem michael michelle jennifer jessica ashley nicole daniel andrew anthony joshua
matthew robert thomas william charlie jordan george jackson taylor amanda samantha hannah maggie
jan piet pieter johan peter patrick stefan steven tom thomas bart wim koen kris kristof dirk marc
mark luc luk paul philippe pierre jean jacques michel nicolas laurent olivier vincent francois
christophe sebastien maxime arthur louis lucas noah liam adam victor jules mathis nathan hugo
marie maria anne anna sophie julie laura sarah emma louise alice olivia mila elise charlotte
isabelle nathalie valerie catherine caroline sandrine veronique martine monique chantal brigitte
els katrien ann inge ilse greet hilde lies sofie lotte femke hans klaus jurgen wolfgang heinz
andreas martin christian michael matthias alexander sabine petra monika ursula heike birgit claudia
family familie famille mama papa mother moeder mere mutter father vader pere vater brother broer
frere bruder sister zus soeur schwester friend vriend ami freund freunde freedom vrijheid liberte
freiheit peace vrede paix friede money geld argent happy gelukkig heureux glucklich lucky geluk
chance forever voortaan toujours immer never nooit jamais niemals blessed jesus jezus christ god dieu
gott church maria heaven hemel ciel himmel destiny phoenix thunder donder storm fire vuur feu
feuer water eau wasser earth aarde terre diamond diamant gold goud silver zilver argent platinum
black zwart noir schwarz white wit blanc weiss red rood rouge rot blue blauw bleu blau green groen
vert grun yellow geel jaune gelb purple paars violet pink roze rose social sociaal socialsecurity
socialezekerheid securitesociale sozialversicherung secretariat secretariaat sociaalsecretariaat
secretariatsocial sekretariat payroll loon salaire lohn salary wages werkgever employeur arbeitgeber
employer werknemer employe arbeitnehmer company bedrijf entreprise firma unternehmen onderneming
boekhouding comptabilite buchhaltung accounting finance financien personeel personnel personal hr
batch upload sluis gateway portal portaal portail access toegang acces zugang certificate
certificaat certificat zertifikat declaration aangifte aangever dmfa dimona rsz onss lss belcotax
qwerty azerty qwertz qwertyuiop azertyuiop qwertzuiop asdfgh qsdfgh asdf zxcvbn wxcvbn zxcvbnm
asdfghjkl qsdfghjklm poiuytrewq abc abcd abcde abcdef abcdefg abcdefgh abcabc aaa aaaa xxx xxxx zzzz
qaz qazwsx qazwsxedc wsxedc aqwzsx azeqsd qweasd qweasdzxc qwe asd zxc aze qsd wxc zaq zaqwsx
onetwothree eentweedrie undeuxtrois einszweidrei whatever nothing something anything corona covid
blink merlin gandalf hobbit naruto sakura zelda mario luigi sonic snoopy garfield mickey donald
tinkerbell cinderella ariel bella elsa frozen simba tigger winnie pooh smurf kuifje tintin asterix
`
  .split(/\s+/)
  .filter((word) => word !== '');
