import type { SessionSummary } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../components/Failure.tsx';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';

/** The switch of a moderated session. */
export function ApproveFirst({ session }: { session: SessionSummary }) {
  const { code, trpc } = useSession();
  // Holds the choice until the live session changes, because the event follows the response.
  const [chosen, setChosen] = useState<{ moderated: boolean; before: SessionSummary }>();
  const configure = useMutation(
    trpc.sessions.configure.mutationOptions({ onError: () => setChosen(undefined) }),
  );
  const isOn = chosen?.before === session ? chosen.moderated : session.moderated;
  const change = (moderated: boolean) => {
    setChosen({ moderated, before: session });
    configure.mutate({ code, moderated });
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
