export default function Wall({ code }: { code: string }) {
  return <main>Wall {code}</main>;
}
