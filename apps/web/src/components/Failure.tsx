import { type AnyError, sentenceOf } from '../texts/index.ts';

/** Says what to do about an error, if there is one. */
export function Failure({ error }: { error: AnyError | null }) {
  return (
    <div role="alert" className="failure">
      {error !== null && <p>{sentenceOf(error)}</p>}
    </div>
  );
}
