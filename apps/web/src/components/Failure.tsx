import { type AnyError, type Special, sentenceOf } from '../texts/index.ts';

interface FailureProps {
  error: AnyError | null;
  special?: Special;
}

/** Says what to do about an error, if there is one. */
export function Failure({ error, special }: FailureProps) {
  return (
    <div role="alert" className="failure">
      {error !== null && <p>{sentenceOf(error, special)}</p>}
    </div>
  );
}
