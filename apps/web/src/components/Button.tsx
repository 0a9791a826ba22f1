import type { ComponentProps, MouseEvent } from 'react';

interface ButtonProps extends ComponentProps<'button'> {
  /** Ignores clicks. The button keeps the focus, which `disabled` would take away. */
  isBusy?: boolean;
}

export function Button({ isBusy = false, type = 'button', onClick, ...props }: ButtonProps) {
  const click = (event: MouseEvent<HTMLButtonElement>) => {
    if (isBusy) event.preventDefault();
    else onClick?.(event);
  };
  return <button {...props} type={type} aria-disabled={isBusy || undefined} onClick={click} />;
}
