import { Link } from '@swan-io/chicane';
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { AskForm } from './AskForm.tsx';
import { Confirm } from '../components/Confirm.tsx';
import {
  DeletionWatch,
  NotConnected,
  OfflineBanner,
  useIsConnected,
} from '../components/Connection.tsx';
import { Failure } from '../components/Failure.tsx';
import { JoinForm } from '../home/JoinForm.tsx';
import { StudentQuestion } from './StudentQuestion.tsx';
import { useFlip } from '../hooks/use-flip.ts';
import { useNews } from '../hooks/use-news.ts';
import { byStatus } from '../questions.ts';
import { Router } from '../router.ts';
import { SessionProvider, useLive, useSession } from '../session.tsx';
import { forgetSeat, tokenKey, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';

export default function Student({ code }: { code: string }) {
  const [token] = useStored(tokenKey(code, 'participant'));
  if (token === null) {
    return (
      <main className="narrow">
        <title>Classroom</title>
        <h1>Classroom</h1>
        <JoinForm code={code} />
      </main>
    );
  }
  return (
    <SessionProvider key={token} code={code} seat="participant" token={token}>
      <StudentSession />
    </SessionProvider>
  );
}

function StudentSession() {
  const { session } = useLive();
  const isConnected = useIsConnected();
  if (session === null || !isConnected) return <NotConnected />;
  const hasEnded = session.status === 'ended';
  return (
    <div className="student">
      <title>{session.title}</title>
      <DeletionWatch />
      <StudentHeader />
      <main>
        <OfflineBanner text={t.connection.offlineAsk} />
        <div role="status">
          {session.status === 'draft' && <p className="note">{t.student.draft}</p>}
          {hasEnded && <p className="note">{t.student.ended}</p>}
          {session.moderated && !hasEnded && <p className="note">{t.student.moderated}</p>}
        </div>
        <StudentQuestions hasEnded={hasEnded} />
        {!hasEnded && <AskForm />}
      </main>
    </div>
  );
}

function StudentHeader() {
  const { code, trpc } = useSession();
  const { session, me } = useLive();
  const leave = useMutation(
    trpc.sessions.leave.mutationOptions({
      onSuccess() {
        Router.push('home');
        forgetSeat(code, 'participant');
      },
    }),
  );
  return (
    <header className="bar">
      <div className="title">
        <h1>{session?.title}</h1>
        <p>{me !== null && <bdi>{t.student.joinedAs(me.participant.displayName)}</bdi>}</p>
      </div>
      {session?.status === 'ended' ? (
        <Link to={Router.home()}>{t.toHome}</Link>
      ) : (
        <Confirm
          label={t.student.leave}
          className="small"
          question={t.student.leaveAsk}
          confirmLabel={t.student.leaveYes}
          isBusy={leave.isPending}
          onConfirm={() => leave.mutate({ code })}
        />
      )}
      <Failure error={leave.error} />
    </header>
  );
}

function StudentQuestions({ hasEnded }: { hasEnded: boolean }) {
  const { questions } = useLive();
  const heading = useRef<HTMLHeadingElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const news = useNews(questions);
  useFlip(list);
  return (
    <section>
      <h2 ref={heading} tabIndex={-1}>
        {t.questions.heading}
      </h2>
      <p role="status" className="visually-hidden">
        {news}
      </p>
      {questions.length === 0 && <p className="none">{t.questions.none}</p>}
      <ul ref={list} className="questions">
        {byStatus(questions).map((question) => (
          <StudentQuestion
            key={question.id}
            question={question}
            hasEnded={hasEnded}
            // The button is gone: the focus goes where the list begins.
            onWithdrawn={() => heading.current?.focus()}
          />
        ))}
      </ul>
    </section>
  );
}
