import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../components/Failure.tsx';
import { untilEvent } from '../hooks/until-event.ts';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';

/** The switch of a moderated session. */
export function ApproveFirst({ moderated }: { moderated: boolean }) {
  const { code, trpc } = useSession();
  // State of its own, because the state of a mutation changes only after the event of a checkbox.
  const [wanted, setWanted] = useState<boolean>();
  const configure = useMutation(
    trpc.sessions.configure.mutationOptions({
      onSuccess: untilEvent,
      onSettled: () => setWanted(undefined),
    }),
  );
  const isOn = wanted ?? moderated;
  const change = (on: boolean) => {
    setWanted(on);
    configure.mutate({ code, moderated: on });
  };
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          role="switch"
          checked={isOn}
          aria-checked={isOn}
          onChange={(event) => change(event.target.checked)}
        />
        {t.cockpit.approveFirst}
      </label>
      <Failure error={configure.error} />
    </>
  );
}
