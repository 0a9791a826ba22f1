import { useMutation } from '@tanstack/react-query';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { useSession } from '../session.tsx';
import { useStored } from '../storage.ts';
import { t } from '../texts/index.ts';

interface MuteButtonProps {
  questionId: number;
  describedBy: string;
}

/**
 * The server tells nobody who is muted, because the question may be anonymous. So this browser remembers
 * for which questions it has muted the author.
 */
export function MuteButton({ questionId, describedBy }: MuteButtonProps) {
  const { code, trpc } = useSession();
  const [stored, store] = useStored(`${code}:muted`);
  const mutedIds = stored?.split(',') ?? [];
  const isMuted = mutedIds.includes(`${questionId}`);
  const mute = useMutation(
    trpc.questions.muteAuthor.mutationOptions({
      onSuccess(_data, { muted }) {
        const others = mutedIds.filter((id) => id !== `${questionId}`);
        const next = muted ? [...others, questionId] : others;
        store(next.length === 0 ? null : next.join(','));
      },
    }),
  );
  return (
    <>
      <Button
        className="small"
        aria-describedby={describedBy}
        isBusy={mute.isPending}
        onClick={() => mute.mutate({ questionId, muted: !isMuted })}
      >
        {isMuted ? t.cockpit.unmute : t.cockpit.mute}
      </Button>
      <Failure error={mute.error} />
    </>
  );
}
