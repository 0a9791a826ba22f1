import { useId, useRef } from 'react';
import { t } from '../texts/index.ts';
import { Button } from './Button.tsx';

interface ConfirmProps {
  label: string;
  question: string;
  confirmLabel: string;
  className?: string;
  isBusy?: boolean;
  onConfirm: () => void;
}

/** A button that asks once. The dialog keeps the focus inside, and gives it back. */
export function Confirm({
  label,
  question,
  confirmLabel,
  className = 'danger',
  isBusy = false,
  onConfirm,
}: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const confirm = () => {
    dialog.current?.close();
    onConfirm();
  };
  return (
    <>
      <Button className={className} isBusy={isBusy} onClick={() => dialog.current?.showModal()}>
        {label}
      </Button>
      <dialog ref={dialog} aria-labelledby={id}>
        <p id={id}>{question}</p>
        <div className="actions">
          <Button onClick={() => dialog.current?.close()}>{t.cancel}</Button>
          <Button className="danger filled" onClick={confirm}>
            {confirmLabel}
          </Button>
        </div>
      </dialog>
    </>
  );
}
