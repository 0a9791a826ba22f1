export default function Pair({ code }: { code: string }) {
  return <main>Pair {code}</main>;
}
