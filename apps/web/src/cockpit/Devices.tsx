import type { RouterOutputs } from '@classroom/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';
import { AddDevice } from './AddDevice.tsx';

const REFETCH_MS = 5_000;

type Device = RouterOutputs['sessions']['devices']['items'][number];

export function Devices({ isOpen }: { isOpen: boolean }) {
  const { code, trpc } = useSession();
  const heading = useRef<HTMLHeadingElement>(null);
  const devices = useQuery(
    trpc.sessions.devices.queryOptions({ code, limit: 100 }, { refetchInterval: REFETCH_MS }),
  );
  return (
    <section className="card">
      <h2 ref={heading} tabIndex={-1}>
        {t.cockpit.devices}
      </h2>
      <Failure error={devices.error} />
      {devices.data?.items.length === 0 && <p className="none">{t.cockpit.noDevices}</p>}
      <ul className="rows">
        {devices.data?.items.map((device) => (
          <PairedDevice
            key={device.id}
            device={device}
            onRevoked={() => heading.current?.focus()}
          />
        ))}
      </ul>
      {isOpen && <AddDevice />}
    </section>
  );
}

interface PairedDeviceProps {
  device: Device;
  onRevoked: () => void;
}

function PairedDevice({ device, onRevoked }: PairedDeviceProps) {
  const { id: deviceId, role, createdAt, current } = device;
  const { code, trpc } = useSession();
  const queryClient = useQueryClient();
  const revoke = useMutation(
    trpc.sessions.revokeDevice.mutationOptions({
      async onSuccess() {
        onRevoked();
        await queryClient.invalidateQueries(trpc.sessions.devices.pathFilter());
      },
    }),
  );
  const time = new Date(createdAt).toLocaleTimeString(t.language, { timeStyle: 'short' });
  const nameId = `device-${deviceId}`;
  return (
    <li className="person">
      <span id={nameId}>
        {t.cockpit.pairedDevice(t.cockpit.deviceRoles[role], time)}{' '}
        {current && <span className="badge">{t.cockpit.thisDevice}</span>}
      </span>
      <Button
        className="small danger"
        aria-describedby={nameId}
        isBusy={revoke.isPending}
        onClick={() => revoke.mutate({ code, deviceId })}
      >
        {t.cockpit.revoke}
      </Button>
      <Failure error={revoke.error} />
    </li>
  );
}
