import { Component, type ReactNode } from 'react';
import { t } from '../texts/index.ts';
import { Button } from './Button.tsx';

/** Also catches a page that can no longer be loaded because the server has a newer version. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main className="narrow">
        <h1>{t.unexpected}</h1>
        <Button className="filled" onClick={() => location.reload()}>
          {t.reload}
        </Button>
      </main>
    );
  }
}
