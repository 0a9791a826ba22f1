import { scannedPairingCode } from '../router.ts';
import { t } from '../texts/index.ts';
import { PairForm } from './PairForm.tsx';

export default function Pair({ code }: { code: string }) {
  return (
    <main className="narrow">
      <title>{t.pair.heading}</title>
      <h1>Classroom</h1>
      <PairForm code={code} pairingCode={scannedPairingCode} />
    </main>
  );
}
