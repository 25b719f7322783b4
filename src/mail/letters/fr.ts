import type { LetterTexts } from '../letter-names.ts';

export const fr: LetterTexts = {
  'initial-code': {
    subject: 'Votre accès',
    body: `Bonjour {name},

Un compte a été créé pour vous. Votre nom d'utilisateur est {username}.
Pour la première connexion, utilisez ce code unique à la place d'un mot de passe :

    {code}

Il est valable {hours} heures, et une seule fois. Vous choisissez ensuite votre propre mot de passe. {address}

Personne ne vous demandera jamais ce code.`,
  },
  'reset-code': {
    subject: 'Un nouveau code de connexion',
    body: `Bonjour {name},

Votre mot de passe a été retiré et ne fonctionne plus. Connectez-vous comme {username} avec ce code unique :

    {code}

Il est valable {hours} heures, et une seule fois. Vous choisissez ensuite un nouveau mot de passe. {address}

Si vous n'avez rien demandé, avertissez votre gestionnaire d'accès ou le support.`,
  },
  'role-given': {
    subject: 'Un nouveau rôle',
    body: `Bonjour {name},

Vous êtes désormais {role} : {where}
Connectez-vous comme {username}, comme vous le faites déjà, et choisissez ce rôle. {address}

Si vous ne vous y attendiez pas, avertissez le support.`,
  },
  'password-changed': {
    subject: 'Votre mot de passe a été modifié',
    body: `Bonjour {name},

Le mot de passe de {username} vient d'être modifié.
Si ce n'était pas vous, demandez tout de suite de nouveaux codes à votre gestionnaire d'accès ou au support.`,
  },
  'factor-changed': {
    subject: 'Votre second facteur a été modifié',
    body: `Bonjour {name},

L'application d'authentification ou les codes de secours de {username} viennent d'être modifiés.
Si ce n'était pas vous, avertissez tout de suite le support.`,
  },
  'factor-reset': {
    subject: 'Votre second facteur a été retiré',
    body: `Bonjour {name},

Le support a retiré le second facteur de {username} : l'application et les codes de secours ne valent plus.
Vous en installez un nouveau à la prochaine connexion. Si vous n'avez rien demandé, avertissez tout de suite le support.`,
  },
  'backup-codes-low': {
    subject: 'Il reste peu de codes de secours',
    body: `Bonjour {name},

Il vous reste {left} codes de secours. Vous pouvez en créer de nouveaux après vous être connecté.`,
  },
  'account-locked': {
    subject: 'Trop de tentatives de connexion',
    body: `Bonjour {name},

Quelqu'un a essayé trop souvent de se connecter comme {username}. De là, la connexion est suspendue un moment.
Si c'était vous, attendez un quart d'heure, ou adressez-vous à votre gestionnaire d'accès ou au support.`,
  },
  'password-disabled': {
    subject: 'Un facteur de votre compte a été désactivé',
    body: `Bonjour {name},

Après cent essais erronés de suite, un mot de passe ou une application de {username} a été désactivé.
Demandez de nouveaux codes à votre gestionnaire d'accès ou au support.`,
  },
  'username-reminder': {
    subject: "Votre nom d'utilisateur",
    body: `Bonjour {name},

Vous avez demandé votre nom d'utilisateur. Le voici : {username}

Si vous n'avez rien demandé, vous ne devez rien faire.`,
  },
  'email-confirm': {
    subject: 'Confirmez votre adresse e-mail',
    body: `Bonjour {name},

Pour utiliser désormais {address}, introduisez ce code dans les 24 heures :

    {code}

Si vous n'avez rien demandé, vous ne devez rien faire.`,
  },
  'email-changed': {
    subject: 'Votre adresse e-mail a été modifiée',
    body: `Bonjour {name},

L'adresse e-mail de {username} a été modifiée ; celle-ci n'est plus utilisée.
Si ce n'était pas vous, avertissez tout de suite votre gestionnaire d'accès ou le support.`,
  },
  'certificate-expiring': {
    subject: 'Un certificat expire dans {days} jours',
    body: `Bonjour,

Le certificat de {owner} expire le {until}, dans {days} jours :

    {subject}

Chargez à temps le certificat renouvelé. L'ancien et le nouveau fonctionnent côte à côte.`,
  },
  'certificate-changed': {
    subject: 'Vos certificats ont été modifiés',
    body: `Bonjour {name},

Un certificat de {username} vient d'être lié, retiré, bloqué ou débloqué.
Si ce n'était pas vous, avertissez tout de suite votre gestionnaire d'accès ou le support.`,
  },
  'case-opened': {
    subject: 'Votre demande de nouveaux codes',
    body: `Bonjour {name},

Vous avez demandé de nouveaux codes pour {username}. Vous les aurez au plus tard le {due}.
Si vous n'avez rien demandé, avertissez le support.`,
  },
  'case-alarm': {
    subject: 'Une demande arrive à échéance : {due}',
    body: `Le dossier {case} ({kind}) doit être clos le {due} et est encore ouvert.`,
  },
  'expiry-near': {
    subject: 'Expire le {until} : {what}',
    body: `{what}

Expire le {until} (encore {days} jours).

À faire : {remedy}`,
  },
  'ebox-expiring': {
    subject: 'Des documents de votre e-Box arrivent à échéance',
    body: `e-Box de {enterprise}, qualité {quality}

Nombre de documents qui disparaîtront bientôt : {count}
Le premier peut être lu jusqu'au {until} inclus ; il est ensuite effacé.

Connectez-vous et conservez ce dont vous avez besoin.`,
  },
  'ebox-digest': {
    subject: 'Du nouveau dans votre e-Box',
    body: `e-Box de {enterprise}, qualité {quality}

Nouveaux documents : {count}
Non lus dans toute l'e-Box : {unread}

Connectez-vous pour les lire.`,
  },
};
