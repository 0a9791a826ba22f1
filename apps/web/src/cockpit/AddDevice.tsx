import type { RouterInputs } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { QrCode } from '../components/QrCode.tsx';
import { publicUrl } from '../public-url.ts';
import { Router } from '../router.ts';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';

type DeviceRole = NonNullable<RouterInputs['sessions']['createPairingCode']['role']>;

const ROLES: DeviceRole[] = ['host', 'moderator', 'viewer'];
const VALID_MINUTES = 5;

/** Shows a pairing code for another device. Only a fragment of the address holds it: no server sees it. */
export function AddDevice() {
  const { code, trpc } = useSession();
  const [role, setRole] = useState<DeviceRole>('moderator');
  const id = useId();
  const addButton = useRef<HTMLButtonElement>(null);
  const create = useMutation(trpc.sessions.createPairingCode.mutationOptions());
  const page = (publicUrl ?? location.origin) + Router.pair({ code });
  const close = () => {
    create.reset();
    addButton.current?.focus();
  };
  return (
    <div className="add-device">
      <div className="field">
        <label htmlFor={id}>{t.cockpit.role}</label>
        <select
          id={id}
          value={role}
          onChange={(event) => {
            setRole(ROLES.find((known) => known === event.target.value) ?? role);
            create.reset();
          }}
        >
          {ROLES.map((known) => (
            <option key={known} value={known}>
              {t.cockpit.deviceRoles[known]}
            </option>
          ))}
        </select>
      </div>
      <Button
        ref={addButton}
        isBusy={create.isPending}
        onClick={() => create.mutate({ code, role })}
      >
        {t.cockpit.addDevice}
      </Button>
      <Failure error={create.error} />
      <div role="status">
        {create.isSuccess && (
          <div className="pairing">
            <p className="hint">{t.cockpit.pairingHint(VALID_MINUTES, publicUrl !== undefined)}</p>
            <p className="url">{page.replace(/^https?:\/\//, '')}</p>
            <dl>
              <dt>{t.cockpit.pairingCode}</dt>
              <dd className="code">{create.data.pairingCode}</dd>
            </dl>
            {publicUrl !== undefined && (
              <QrCode label={t.cockpit.pairingQr} text={`${page}#${create.data.pairingCode}`} />
            )}
            <Button onClick={close}>{t.cockpit.done}</Button>
          </div>
        )}
      </div>
    </div>
  );
}
