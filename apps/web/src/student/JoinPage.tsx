import { JoinForm } from '../home/JoinForm.tsx';

export default function JoinPage({ code }: { code: string }) {
  return (
    <main className="narrow">
      <title>Classroom</title>
      <h1>Classroom</h1>
      <JoinForm code={code} />
    </main>
  );
}
