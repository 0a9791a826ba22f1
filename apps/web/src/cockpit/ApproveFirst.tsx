import { useMutation } from '@tanstack/react-query';
import { Failure } from '../components/Failure.tsx';
import { untilEvent } from '../hooks/until-event.ts';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';

/** The switch of a moderated session. */
export function ApproveFirst({ moderated }: { moderated: boolean }) {
  const { code, trpc } = useSession();
  const configure = useMutation(trpc.sessions.configure.mutationOptions({ onSuccess: untilEvent }));
  const isOn = (configure.isPending ? configure.variables.moderated : undefined) ?? moderated;
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          role="switch"
          checked={isOn}
          aria-checked={isOn}
          onChange={(event) => configure.mutate({ code, moderated: event.target.checked })}
        />
        {t.cockpit.approveFirst}
      </label>
      <Failure error={configure.error} />
    </>
  );
}
