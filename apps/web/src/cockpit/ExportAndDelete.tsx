import { useMutation } from '@tanstack/react-query';
import { Button } from '../components/Button.tsx';
import { Confirm } from '../components/Confirm.tsx';
import { Failure } from '../components/Failure.tsx';
import { Router } from '../router.ts';
import { useSession } from '../session.tsx';
import { forgetSeat } from '../storage.ts';
import { t } from '../texts/index.ts';

const TYPES = { csv: 'text/csv', json: 'application/json' };

export function ExportAndDelete() {
  const { code, token, trpc } = useSession();
  const save = useMutation({
    mutationFn: (format: keyof typeof TYPES) => saveExport(code, token, format),
  });
  const remove = useMutation(
    trpc.sessions.delete.mutationOptions({
      onSuccess() {
        Router.push('home');
        forgetSeat(code, 'host');
      },
    }),
  );
  return (
    <section className="card">
      <h2>{t.cockpit.exportOrDelete}</h2>
      <div className="actions">
        <Button isBusy={save.isPending} onClick={() => save.mutate('csv')}>
          {t.cockpit.exportCsv}
        </Button>
        <Button isBusy={save.isPending} onClick={() => save.mutate('json')}>
          {t.cockpit.exportJson}
        </Button>
        <Confirm
          label={t.cockpit.delete}
          question={t.cockpit.deleteAsk}
          confirmLabel={t.cockpit.deleteYes}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate({ code })}
        />
      </div>
      <Failure error={save.error ?? remove.error} />
    </section>
  );
}

/** Downloads with the token in a header: it must not be in a link. */
async function saveExport(code: string, token: string, format: keyof typeof TYPES): Promise<void> {
  const response = await fetch(`/api/sessions/${code}/export`, {
    headers: { authorization: `Bearer ${token}`, accept: TYPES[format] },
  });
  // An error of the API has the same shape over REST, so its reason is found.
  if (!response.ok) throw Object.assign(new Error('The export has failed'), await response.json());
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = `classroom-${code}.${format}`;
  link.click();
  URL.revokeObjectURL(url);
}
