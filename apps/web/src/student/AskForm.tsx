import { type KeyboardEvent, type SubmitEvent, useId } from 'react';
import { useAsk } from './use-ask.ts';
import { charactersLeft, MAX_QUESTION_LENGTH } from '../questions.ts';
import { useLive, useSession } from '../session.tsx';
import { useStored } from '../storage.ts';
import { t } from '../texts/index.ts';
import { Button } from '../components/Button.tsx';
import { useIsOffline } from '../components/Connection.tsx';
import { Failure } from '../components/Failure.tsx';

export function AskForm() {
  const { code } = useSession();
  const { me } = useLive();
  const isOffline = useIsOffline();
  const [draft, setDraft] = useStored(`${code}:draft`);
  const [anonymous, setAnonymous] = useStored(`${code}:anonymous`);
  const { ask, unsent, isWaiting, isSent, error } = useAsk((refused) =>
    setDraft(draft === null ? refused : `${refused} ${draft}`),
  );
  const id = useId();
  const body = draft ?? '';
  const left = charactersLeft(body);
  const canAsk = left >= 0 && left < MAX_QUESTION_LENGTH;

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!canAsk) return;
    ask(body, anonymous !== null);
    setDraft(null);
  };
  const submitOnEnter = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  };

  return (
    <form className="ask" onSubmit={submit}>
      {(isOffline || isWaiting) && unsent.length > 0 && (
        <ul className="unsent">
          {unsent.map(({ idempotencyKey, body: text }) => (
            <li key={idempotencyKey}>
              <span className="badge waiting">{t.questions.unsent}</span> {text}
            </li>
          ))}
        </ul>
      )}
      <Failure error={error} />
      <p role="status" className="visually-hidden">
        {unsent.length > 0 && (isOffline || isWaiting) && t.student.queued}
        {unsent.length === 0 && isSent && t.student.sent}
      </p>
      <div className="label-row">
        <label htmlFor={id}>{t.student.question}</label>
        {me !== null && (
          <span>{t.student.limit(me.pendingQuestions.used, me.pendingQuestions.limit)}</span>
        )}
      </div>
      <textarea
        id={id}
        rows={2}
        enterKeyHint="send"
        value={body}
        aria-describedby={`${id}-left`}
        aria-invalid={left < 0 || undefined}
        onChange={(event) => setDraft(event.target.value === '' ? null : event.target.value)}
        onKeyDown={submitOnEnter}
      />
      <div className="ask-row">
        <label className="check">
          <input
            type="checkbox"
            checked={anonymous !== null}
            onChange={(event) => setAnonymous(event.target.checked ? 'yes' : null)}
          />
          {t.student.anonymous}
        </label>
        <span id={`${id}-left`} className={left < 0 ? 'left too-long' : 'left'}>
          {t.student.left(left)}
        </span>
        <Button type="submit" className="filled" isBusy={!canAsk}>
          {t.student.ask}
        </Button>
      </div>
    </form>
  );
}
