import { Keyring } from '../keys/keyring.tsx';
import { SubjectLogins } from '../sessions/logins.tsx';

function SessionsPage() {
  return (
    <>
      <Keyring />
      <SubjectLogins />
    </>
  );
}

export const SESSIONS = { path: '/sessions', title: 'Sessions and keys', view: SessionsPage } as const;
