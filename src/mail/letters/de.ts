import type { LetterTexts } from '../letter-names.ts';

export const de: LetterTexts = {
  'initial-code': {
    subject: 'Ihr Zugang',
    body: `Guten Tag {name},

für Sie wurde ein Konto angelegt. Ihr Benutzername ist {username}.
Verwenden Sie für die erste Anmeldung diesen einmaligen Code anstelle eines Passworts:

    {code}

Er gilt {hours} Stunden und ein einziges Mal. Danach wählen Sie ein eigenes Passwort. {address}

Niemand wird Sie je nach diesem Code fragen.`,
  },
  'reset-code': {
    subject: 'Ein neuer Code zur Anmeldung',
    body: `Guten Tag {name},

Ihr Passwort wurde zurückgesetzt und gilt nicht mehr. Melden Sie sich als {username} mit diesem einmaligen Code an:

    {code}

Er gilt {hours} Stunden und ein einziges Mal. Danach wählen Sie ein neues Passwort. {address}

Wenn Sie das nicht verlangt haben, melden Sie es Ihrem Zugangsverwalter oder dem Helpdesk.`,
  },
  'role-given': {
    subject: 'Eine neue Rolle',
    body: `Guten Tag {name},

Sie sind jetzt {role}: {where}
Melden Sie sich wie bisher als {username} an und wählen Sie diese Rolle. {address}

Wenn Sie das nicht erwartet haben, verständigen Sie den Helpdesk.`,
  },
  'password-changed': {
    subject: 'Ihr Passwort wurde geändert',
    body: `Guten Tag {name},

das Passwort von {username} wurde soeben geändert.
Wenn Sie das nicht waren, verlangen Sie sofort neue Codes bei Ihrem Zugangsverwalter oder dem Helpdesk.`,
  },
  'factor-changed': {
    subject: 'Ihr zweiter Faktor wurde geändert',
    body: `Guten Tag {name},

die Authentifizierungs-App oder die Ersatzcodes von {username} wurden soeben geändert.
Wenn Sie das nicht waren, melden Sie es sofort dem Helpdesk.`,
  },
  'factor-reset': {
    subject: 'Ihr zweiter Faktor wurde zurückgesetzt',
    body: `Guten Tag {name},

der Helpdesk hat den zweiten Faktor von {username} zurückgesetzt: App und Ersatzcodes sind ungültig.
Bei der nächsten Anmeldung richten Sie einen neuen ein. Wenn Sie das nicht verlangt haben, melden Sie es sofort dem Helpdesk.`,
  },
  'backup-codes-low': {
    subject: 'Wenige Ersatzcodes übrig',
    body: `Guten Tag {name},

Sie haben noch {left} Ersatzcodes. Nach der Anmeldung können Sie neue erzeugen.`,
  },
  'account-locked': {
    subject: 'Zu viele Anmeldeversuche',
    body: `Guten Tag {name},

jemand hat zu oft versucht, sich als {username} anzumelden. Von dort ist die Anmeldung eine Zeit lang ausgesetzt.
Wenn Sie es waren, warten Sie eine Viertelstunde oder fragen Sie Ihren Zugangsverwalter oder den Helpdesk.`,
  },
  'password-disabled': {
    subject: 'Ein Faktor Ihres Kontos wurde abgeschaltet',
    body: `Guten Tag {name},

nach hundert falschen Versuchen in Folge wurde ein Passwort oder eine App von {username} abgeschaltet.
Verlangen Sie neue Codes bei Ihrem Zugangsverwalter oder dem Helpdesk.`,
  },
  'username-reminder': {
    subject: 'Ihr Benutzername',
    body: `Guten Tag {name},

Sie haben nach Ihrem Benutzernamen gefragt. Er lautet: {username}

Wenn Sie nicht gefragt haben, brauchen Sie nichts zu tun.`,
  },
  'email-confirm': {
    subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
    body: `Guten Tag {name},

um künftig {address} zu verwenden, geben Sie binnen 24 Stunden diesen Code ein:

    {code}

Wenn Sie das nicht verlangt haben, brauchen Sie nichts zu tun.`,
  },
  'email-changed': {
    subject: 'Ihre E-Mail-Adresse wurde geändert',
    body: `Guten Tag {name},

die E-Mail-Adresse von {username} wurde geändert; diese wird nicht mehr verwendet.
Wenn Sie das nicht waren, melden Sie es sofort Ihrem Zugangsverwalter oder dem Helpdesk.`,
  },
  'certificate-expiring': {
    subject: 'Ein Zertifikat läuft in {days} Tagen ab',
    body: `Guten Tag,

das Zertifikat von {owner} läuft am {until} ab, in {days} Tagen:

    {subject}

Laden Sie das erneuerte rechtzeitig hoch. Das alte und das neue gelten nebeneinander.`,
  },
  'certificate-changed': {
    subject: 'Ihre Zertifikate wurden geändert',
    body: `Guten Tag {name},

ein Zertifikat von {username} wurde soeben verknüpft, zurückgezogen, gesperrt oder freigegeben.
Wenn Sie das nicht waren, melden Sie es sofort Ihrem Zugangsverwalter oder dem Helpdesk.`,
  },
  'case-opened': {
    subject: 'Ihre Anfrage nach neuen Codes',
    body: `Guten Tag {name},

Sie haben neue Codes für {username} verlangt. Sie erhalten sie spätestens am {due}.
Wenn Sie das nicht verlangt haben, melden Sie es dem Helpdesk.`,
  },
  'case-alarm': {
    subject: 'Eine Anfrage wird fällig: {due}',
    body: `Vorgang {case} ({kind}) ist am {due} fällig und noch offen.`,
  },
  'expiry-near': {
    subject: 'Läuft ab am {until}: {what}',
    body: `{what}

Läuft am {until} ab (noch {days} Tage).

Zu tun: {remedy}`,
  },
  'ebox-expiring': {
    subject: 'Dokumente in Ihrer e-Box laufen ab',
    body: `e-Box von {enterprise}, Eigenschaft {quality}

Zahl der Dokumente, die bald verschwinden: {count}
Das erste kann bis einschließlich {until} gelesen werden; danach wird es gelöscht.

Melden Sie sich an und bewahren Sie auf, was Sie brauchen.`,
  },
  'ebox-digest': {
    subject: 'Neues in Ihrer e-Box',
    body: `e-Box von {enterprise}, Eigenschaft {quality}

Neue Dokumente: {count}
Ungelesen in der ganzen e-Box: {unread}

Melden Sie sich an, um sie zu lesen.`,
  },
};
