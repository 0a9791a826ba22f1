export default function Cockpit({ code }: { code: string }) {
  return <main>Cockpit {code}</main>;
}
