import type { LetterTexts } from '../letter-names.ts';

export const nl: LetterTexts = {
  'initial-code': {
    subject: 'Uw toegang',
    body: `Beste {name},

Er is een account voor u gemaakt. Uw gebruikersnaam is {username}.
Gebruik voor de eerste aanmelding deze eenmalige code in plaats van een wachtwoord:

    {code}

De code is {hours} uur geldig, en één keer. Daarna kiest u een eigen wachtwoord. {address}

Niemand zal u ooit om deze code vragen.`,
  },
  'reset-code': {
    subject: 'Een nieuwe code om aan te melden',
    body: `Beste {name},

Uw wachtwoord is ingetrokken en werkt niet meer. Meld u aan als {username} met deze eenmalige code:

    {code}

De code is {hours} uur geldig, en één keer. Daarna kiest u een nieuw wachtwoord. {address}

Hebt u dit niet gevraagd, verwittig dan uw toegangsbeheerder of de helpdesk.`,
  },
  'role-given': {
    subject: 'Een nieuwe rol',
    body: `Geachte {name},

U bent nu {role}: {where}
Meld u aan als {username}, zoals u al doet, en kies deze rol. {address}

Had u dit niet verwacht, verwittig dan de helpdesk.`,
  },
  'password-changed': {
    subject: 'Uw wachtwoord is gewijzigd',
    body: `Beste {name},

Het wachtwoord van {username} is zonet gewijzigd.
Was u dat niet, vraag dan meteen nieuwe codes aan uw toegangsbeheerder of de helpdesk.`,
  },
  'factor-changed': {
    subject: 'Uw tweede factor is gewijzigd',
    body: `Beste {name},

De authenticatie-app of de back-upcodes van {username} zijn zonet gewijzigd.
Was u dat niet, verwittig dan meteen de helpdesk.`,
  },
  'factor-reset': {
    subject: 'Uw tweede factor is ingetrokken',
    body: `Beste {name},

De helpdesk heeft de tweede factor van {username} ingetrokken: app en back-upcodes zijn ongeldig.
Bij de volgende aanmelding stelt u een nieuwe in. Hebt u dit niet gevraagd, verwittig dan meteen de helpdesk.`,
  },
  'backup-codes-low': {
    subject: 'Weinig back-upcodes over',
    body: `Beste {name},

U hebt nog {left} back-upcodes. Na het aanmelden kunt u nieuwe maken.`,
  },
  'account-locked': {
    subject: 'Te veel pogingen om aan te melden',
    body: `Beste {name},

Iemand heeft te vaak geprobeerd om zich als {username} aan te melden. Vanaf die plaats kan dat een tijd niet meer.
Was u het, wacht dan een kwartier of vraag het aan uw toegangsbeheerder of de helpdesk.`,
  },
  'password-disabled': {
    subject: 'Een factor van uw account is uitgeschakeld',
    body: `Beste {name},

Na honderd verkeerde pogingen op rij is een wachtwoord of app van {username} uitgeschakeld.
Vraag nieuwe codes aan uw toegangsbeheerder of de helpdesk.`,
  },
  'username-reminder': {
    subject: 'Uw gebruikersnaam',
    body: `Beste {name},

U vroeg uw gebruikersnaam op. Die is: {username}

Hebt u dit niet gevraagd, dan hoeft u niets te doen.`,
  },
  'email-confirm': {
    subject: 'Bevestig uw e-mailadres',
    body: `Beste {name},

Geef deze code binnen 24 uur in om voortaan {address} te gebruiken:

    {code}

Hebt u dit niet gevraagd, dan hoeft u niets te doen.`,
  },
  'email-changed': {
    subject: 'Uw e-mailadres is gewijzigd',
    body: `Beste {name},

Het e-mailadres van {username} is gewijzigd; dit adres wordt niet meer gebruikt.
Was u dat niet, verwittig dan meteen uw toegangsbeheerder of de helpdesk.`,
  },
  'certificate-expiring': {
    subject: 'Een certificaat vervalt over {days} dagen',
    body: `Goedendag,

Het certificaat van {owner} vervalt op {until}, over {days} dagen:

    {subject}

Laad het vernieuwde op tijd op. Het oude en het nieuwe werken naast elkaar.`,
  },
  'certificate-changed': {
    subject: 'Uw certificaten zijn gewijzigd',
    body: `Beste {name},

Een certificaat van {username} is zonet gekoppeld, afgevoerd, geblokkeerd of vrijgegeven.
Was u dat niet, verwittig dan meteen uw toegangsbeheerder of de helpdesk.`,
  },
  'case-opened': {
    subject: 'Uw vraag om nieuwe codes',
    body: `Beste {name},

U vroeg nieuwe codes voor {username}. U krijgt ze ten laatste op {due}.
Hebt u dit niet gevraagd, verwittig dan de helpdesk.`,
  },
  'case-alarm': {
    subject: 'Een vraag vervalt: {due}',
    body: `Dossier {case} ({kind}) moet op {due} klaar zijn en staat nog open.`,
  },
  'expiry-near': {
    subject: 'Loopt af op {until}: {what}',
    body: `{what}

Loopt af op {until} (nog {days} dagen).

Wat te doen: {remedy}`,
  },
  'ebox-expiring': {
    subject: 'Documenten in uw e-Box lopen af',
    body: `e-Box van {enterprise}, hoedanigheid {quality}

Aantal documenten dat binnenkort verdwijnt: {count}
Het eerste kan tot en met {until} gelezen worden; daarna wordt het gewist.

Meld u aan en bewaar wat u nodig hebt.`,
  },
  'ebox-digest': {
    subject: 'Nieuw in uw e-Box',
    body: `e-Box van {enterprise}, hoedanigheid {quality}

Nieuwe documenten: {count}
Ongelezen in de hele e-Box: {unread}

Meld u aan om ze te lezen.`,
  },
};
