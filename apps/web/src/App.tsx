import { Link, useFocusReset } from '@swan-io/chicane';
import { lazy, Suspense, useRef } from 'react';
import { ErrorBoundary } from './components/ErrorBoundary.tsx';
import { Student } from './student/Student.tsx';
import { normalCode, Router } from './router.ts';
import { t } from './texts/index.ts';

// A phone loads the students' page only.
const Home = lazy(() => import('./home/Home.tsx'));
const Cockpit = lazy(() => import('./cockpit/Cockpit.tsx'));
const Wall = lazy(() => import('./wall/Wall.tsx'));
const Pair = lazy(() => import('./pair/Pair.tsx'));

export function App() {
  const route = Router.useRoute(['home', 'student', 'cockpit', 'wall', 'pair']);
  const container = useRef<HTMLDivElement>(null);
  useFocusReset({ route, containerRef: container });
  return (
    <div ref={container} className="page">
      <ErrorBoundary>
        <Suspense fallback={<main>{t.loading}</main>}>
          <Page route={route} />
        </Suspense>
      </ErrorBoundary>
    </div>
  );
}

type Route = ReturnType<typeof Router.useRoute<'home' | 'student' | 'cockpit' | 'wall' | 'pair'>>;

function Page({ route }: { route: Route }) {
  if (route === undefined) return <NotFound />;
  if (route.name === 'home') return <Home />;
  const code = normalCode(route.params.code);
  if (route.name === 'student') return <Student key={code} code={code} />;
  if (route.name === 'cockpit') return <Cockpit key={code} code={code} />;
  if (route.name === 'wall') return <Wall key={code} code={code} />;
  return <Pair code={code} />;
}

function NotFound() {
  return (
    <main className="narrow">
      <title>{t.notFound}</title>
      <h1>{t.notFound}</h1>
      <Link to={Router.home()}>{t.toHome}</Link>
    </main>
  );
}
