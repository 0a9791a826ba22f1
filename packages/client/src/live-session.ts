import type { Contract } from './contract.ts';
import type { Client } from './create-client.ts';
import { type ErrorReason, reasonOf } from './errors.ts';
import { createLoader } from './loader.ts';
import { createQuestionList } from './question-list.ts';
import { type VoteListener, voteListeners } from './votes.ts';

/** The state of a live session. The object changes whenever the state does, and only then. */
export interface LiveSnapshot {
  /** `ended` with the session; `failed` when the server has refused the stream, which stays closed. */
  connection: 'connecting' | 'open' | 'reconnecting' | 'ended' | 'failed';
  /** Why the connection has failed, or why the last attempt to connect has. */
  reason: ErrorReason | undefined;
  /** Null until the stream is open. */
  session: Contract['sessionSummary'] | null;
  /** The caller. Null until it is loaded. */
  me: Contract['procedures']['sessions']['me']['output'] | null;
  /** Pinned first, then by votes, then oldest first. */
  questions: readonly Contract['question'][];
  /** The number of open streams. */
  listening: number;
  /** The number of participants who hold them. */
  participants: number;
}

/** A store for `useSyncExternalStore` and similar functions of other frameworks. */
export interface LiveSession {
  /** @returns unsubscribes */
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => LiveSnapshot;
}

/** React's strict mode mounts components twice: that opens no second stream. */
const CLOSE_AFTER_MS = 1_000;
/** The number of questions in a snapshot; `questions.list` has the rest. */
const SNAPSHOT_SIZE = 500;
const PAGE_SIZE = 100;
const NOBODY = { listening: 0, participants: 0 };
/** Spreads the reads of participants who all see a hidden question again. */
const VOTES_JITTER_MS = 2_000;

/**
 * Keeps the state of a session up to date while it has listeners. Errors never throw; `connection` and
 * `reason` report them. The caller's votes count at once, if they were cast with the same client.
 *
 * @param client of a participant of the session
 * @example
 * const live = liveSession(client, { code });
 * const { session, questions } = useSyncExternalStore(live.subscribe, live.getSnapshot);
 */
export function liveSession(client: Client, { code }: { code: string }): LiveSession {
  const listeners = new Set<() => void>();
  const questions = createQuestionList();
  let snapshot: LiveSnapshot = {
    connection: 'connecting',
    reason: undefined,
    session: null,
    me: null,
    questions: [],
    ...NOBODY,
  };
  let areQuestionsStale = false;
  let notifying: ReturnType<typeof setTimeout> | undefined;
  let closing: ReturnType<typeof setTimeout> | undefined;
  let close: (() => void) | undefined;
  let isIncomplete = false;
  let snapshots = 0;

  /** Notifies once for all events of a chunk. */
  const change = (changed: Partial<LiveSnapshot>) => {
    snapshot = { ...snapshot, ...changed };
    notifying ??= setTimeout(() => {
      notifying = undefined;
      for (const listener of listeners) listener();
    }, 0);
  };
  const changeQuestions = () => {
    areQuestionsStale = true;
    change({});
  };
  const changeSession = (session: Contract['sessionSummary']) => {
    const { me } = snapshot;
    change({ session, me: me === null ? null : { ...me, session } });
  };

  const isActive = () => close !== undefined;
  const loadMe = createLoader(async () => {
    const me = await client.sessions.me.query({ code });
    change({ me: { ...me, session: snapshot.session ?? me.session } });
  }, isActive);
  const loadQuestions = createLoader(async () => {
    const current = snapshots;
    const isWanted = () =>
      isActive() && current === snapshots && (isIncomplete || questions.hasUnknownVotes());
    let cursor: string | null | undefined;
    while (cursor !== null && isWanted()) {
      const readAt = questions.startRead();
      // Newest first: the order `top` changes between two pages.
      const input = { code, order: 'newest', limit: PAGE_SIZE, cursor } as const;
      const page = await client.questions.list.query(input);
      questions.add(page.items, readAt);
      changeQuestions();
      cursor = page.nextCursor;
    }
    if (cursor !== null || current !== snapshots) return;
    isIncomplete = false;
    questions.forgetUnknownVotes();
  }, isActive);

  const open = () => {
    let isOpen = true;
    let readAt = questions.startRead();
    const stop = () => {
      isOpen = false;
      voteListeners.get(client)?.delete(voteListener);
    };
    const voteListener: VoteListener = {
      onSend: questions.startVote,
      onResponse(questionId, vote) {
        questions.setVote(questionId, vote);
        changeQuestions();
      },
    };
    voteListeners.get(client)?.add(voteListener);
    const stream = client.sessions.events.subscribe(
      { code },
      {
        onConnectionStateChange({ state, error }) {
          if (!isOpen || state !== 'connecting') return;
          readAt = questions.startRead();
          const connection = snapshot.connection === 'open' ? 'reconnecting' : snapshot.connection;
          change({ connection, reason: error === null ? snapshot.reason : reasonOf(error) });
        },
        onData({ data }) {
          if (!isOpen) return;
          apply(data, readAt);
          if (snapshot.connection === 'open') return;
          change({ connection: 'open', reason: undefined });
          loadMe();
        },
        onComplete() {
          if (!isOpen) return;
          stop();
          change({ ...NOBODY, connection: 'ended' });
        },
        onError(error) {
          if (!isOpen) return;
          stop();
          change({ ...NOBODY, connection: 'failed', reason: reasonOf(error) });
        },
      },
    );
    close = () => {
      stop();
      stream.unsubscribe();
      close = undefined;
      change({ connection: 'connecting', reason: undefined });
    };
  };

  const apply = (event: Contract['sessionEvent'], readAt: number) => {
    switch (event.type) {
      case 'snapshot':
        questions.replace(event.questions, readAt);
        snapshots += 1;
        isIncomplete = event.questions.length >= SNAPSHOT_SIZE;
        if (isIncomplete) loadQuestions();
        changeQuestions();
        return changeSession(event.session);
      case 'session':
        return changeSession(event.session);
      case 'question': {
        const before = questions.get(event.question.id);
        questions.put(event.question);
        changeQuestions();
        if (event.question.mine && event.question.status !== before?.status) loadMe();
        if (questions.hasUnknownVotes()) loadQuestions(Math.random() * VOTES_JITTER_MS);
        return;
      }
      case 'questionRemoved':
        if (questions.get(event.questionId)?.mine === true) loadMe();
        questions.remove(event.questionId);
        return changeQuestions();
      case 'presence':
        return change({ listening: event.listening, participants: event.participants });
      default:
        // A newer server may send events that this version does not know.
        return event satisfies never;
    }
  };

  return {
    subscribe(listener) {
      // Its own function, because a listener may subscribe twice.
      const notify = () => listener();
      listeners.add(notify);
      clearTimeout(closing);
      if (close === undefined) open();
      return () => {
        if (!listeners.delete(notify) || listeners.size > 0) return;
        closing = setTimeout(() => close?.(), CLOSE_AFTER_MS);
      };
    },
    getSnapshot() {
      if (areQuestionsStale) snapshot = { ...snapshot, questions: questions.sorted() };
      areQuestionsStale = false;
      return snapshot;
    },
  };
}
