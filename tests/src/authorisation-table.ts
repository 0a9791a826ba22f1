import { randomUUID } from 'node:crypto';
import type { Client, ErrorReason } from '@classroom/client';
import { sessionInput } from './client.ts';

/** The rows that the calls refer to. */
export interface Scene {
  code: string;
  participantId: number;
  /** A question of the host. */
  questionId: number;
  /** A viewer's. */
  deviceId: number;
}

/** The outcome for each kind of token: a reason, or `ok`. */
export interface Refusals {
  none: ErrorReason | 'ok';
  unknown: ErrorReason | 'ok';
  /** The host of another session. */
  foreign: ErrorReason | 'ok';
  moderator: ErrorReason | 'ok';
  viewer: ErrorReason | 'ok';
  /** A moderator whose device was revoked. */
  revoked: ErrorReason | 'ok';
  /** A participant without another role. */
  participant: ErrorReason | 'ok';
  removed: ErrorReason | 'ok';
  blocked: ErrorReason | 'ok';
  /** A row id in place of a token. */
  rowId: ErrorReason | 'ok';
}

export type Token = keyof Refusals;

const FOR_ANYONE: Refusals = {
  none: 'ok',
  unknown: 'ok',
  foreign: 'ok',
  moderator: 'ok',
  viewer: 'ok',
  revoked: 'ok',
  participant: 'ok',
  removed: 'ok',
  blocked: 'ok',
  rowId: 'ok',
};
const FOR_READERS: Refusals = {
  none: 'UNAUTHENTICATED',
  unknown: 'UNAUTHENTICATED',
  foreign: 'FORBIDDEN',
  moderator: 'ok',
  viewer: 'ok',
  revoked: 'UNAUTHENTICATED',
  participant: 'ok',
  removed: 'UNAUTHENTICATED',
  blocked: 'UNAUTHENTICATED',
  rowId: 'UNAUTHENTICATED',
};
const FOR_PARTICIPANTS: Refusals = { ...FOR_READERS, viewer: 'FORBIDDEN' };
const FOR_MODERATORS: Refusals = { ...FOR_PARTICIPANTS, participant: 'FORBIDDEN' };
const FOR_THE_HOST: Refusals = { ...FOR_MODERATORS, moderator: 'FORBIDDEN' };
const BY_QUESTION: Refusals = { ...FOR_PARTICIPANTS, foreign: 'QUESTION_NOT_FOUND' };
const BY_QUESTION_FOR_MODERATORS: Refusals = { ...FOR_MODERATORS, foreign: 'QUESTION_NOT_FOUND' };
const BY_QUESTION_FOR_THE_AUTHOR: Refusals = { ...FOR_THE_HOST, foreign: 'QUESTION_NOT_FOUND' };
const FOR_WRONG_PAIRING_CODES: Refusals = {
  none: 'PAIRING_CODE_INVALID',
  unknown: 'PAIRING_CODE_INVALID',
  foreign: 'PAIRING_CODE_INVALID',
  moderator: 'PAIRING_CODE_INVALID',
  viewer: 'PAIRING_CODE_INVALID',
  revoked: 'PAIRING_CODE_INVALID',
  participant: 'PAIRING_CODE_INVALID',
  removed: 'PAIRING_CODE_INVALID',
  blocked: 'PAIRING_CODE_INVALID',
  rowId: 'PAIRING_CODE_INVALID',
};

/** No token of a session is a host key. */
const FOR_HOST_KEYS: Refusals = {
  none: 'UNAUTHENTICATED',
  unknown: 'UNAUTHENTICATED',
  foreign: 'UNAUTHENTICATED',
  moderator: 'UNAUTHENTICATED',
  viewer: 'UNAUTHENTICATED',
  revoked: 'UNAUTHENTICATED',
  participant: 'UNAUTHENTICATED',
  removed: 'UNAUTHENTICATED',
  blocked: 'UNAUTHENTICATED',
  rowId: 'UNAUTHENTICATED',
};

/** Every procedure with a call and its outcomes; a missing procedure fails the first test. */
export const TABLE: Record<string, [(client: Client, scene: Scene) => Promise<unknown>, Refusals]> =
  {
    'sessions.create': [({ sessions }) => sessions.create.mutate(sessionInput()), FOR_ANYONE],
    'sessions.get': [({ sessions }, { code }) => sessions.get.query({ code }), FOR_ANYONE],
    'sessions.join': [
      ({ sessions }, { code }) => sessions.join.mutate({ code, displayName: `J ${randomUUID()}` }),
      { ...FOR_ANYONE, blocked: 'FORBIDDEN' },
    ],
    'sessions.me': [({ sessions }, { code }) => sessions.me.query({ code }), FOR_READERS],
    'sessions.participants': [
      ({ sessions }, { code }) => sessions.participants.query({ code }),
      FOR_READERS,
    ],
    'sessions.events': [
      ({ sessions }, { code }) =>
        new Promise((resolve, reject) => {
          const subscription = sessions.events.subscribe(
            { code },
            {
              onData: () => {
                subscription.unsubscribe();
                resolve('received');
              },
              onError: reject,
            },
          );
        }),
      FOR_READERS,
    ],
    'sessions.start': [({ sessions }, { code }) => sessions.start.mutate({ code }), FOR_THE_HOST],
    'sessions.configure': [
      ({ sessions }, { code }) => sessions.configure.mutate({ code, joining: 'open' }),
      FOR_THE_HOST,
    ],
    'sessions.duplicate': [
      ({ sessions }, { code }) => sessions.duplicate.mutate({ code }),
      FOR_THE_HOST,
    ],
    'sessions.extend': [({ sessions }, { code }) => sessions.extend.mutate({ code }), FOR_THE_HOST],
    'sessions.prolong': [
      ({ sessions }, { code }) => sessions.prolong.mutate({ code }),
      FOR_THE_HOST,
    ],
    'sessions.end': [({ sessions }, { code }) => sessions.end.mutate({ code }), FOR_THE_HOST],
    'sessions.export': [({ sessions }, { code }) => sessions.export.query({ code }), FOR_THE_HOST],
    'sessions.delete': [({ sessions }, { code }) => sessions.delete.mutate({ code }), FOR_THE_HOST],
    'sessions.removeParticipant': [
      ({ sessions }, { code, participantId }) =>
        sessions.removeParticipant.mutate({ code, participantId }),
      FOR_MODERATORS,
    ],
    'sessions.unblock': [
      ({ sessions }, { code, participantId }) => sessions.unblock.mutate({ code, participantId }),
      FOR_THE_HOST,
    ],
    'sessions.createPairingCode': [
      ({ sessions }, { code }) => sessions.createPairingCode.mutate({ code }),
      FOR_THE_HOST,
    ],
    'sessions.redeemPairingCode': [
      ({ sessions }, { code }) =>
        sessions.redeemPairingCode.mutate({ code, pairingCode: 'AAAAAAAA' }),
      FOR_WRONG_PAIRING_CODES,
    ],
    'sessions.devices': [
      ({ sessions }, { code }) => sessions.devices.query({ code }),
      FOR_THE_HOST,
    ],
    'sessions.revokeDevice': [
      ({ sessions }, { code, deviceId }) => sessions.revokeDevice.mutate({ code, deviceId }),
      FOR_THE_HOST,
    ],
    'questions.submit': [
      ({ questions }, { code }) => questions.submit.mutate({ code, body: 'Why?' }),
      FOR_PARTICIPANTS,
    ],
    'questions.list': [({ questions }, { code }) => questions.list.query({ code }), FOR_READERS],
    'questions.vote': [
      ({ questions }, { questionId }) => questions.vote.mutate({ questionId, on: true }),
      BY_QUESTION,
    ],
    'questions.withdraw': [
      ({ questions }, { questionId }) => questions.withdraw.mutate({ questionId }),
      BY_QUESTION_FOR_THE_AUTHOR,
    ],
    'questions.setStatus': [
      ({ questions }, { questionId }) =>
        questions.setStatus.mutate({ questionId, status: 'answered' }),
      BY_QUESTION_FOR_MODERATORS,
    ],
    'questions.pin': [
      ({ questions }, { questionId }) => questions.pin.mutate({ questionId, on: true }),
      BY_QUESTION_FOR_MODERATORS,
    ],
    'hosts.createKey': [({ hosts }) => hosts.createKey.mutate({}), FOR_ANYONE],
    'hosts.rotateKey': [({ hosts }) => hosts.rotateKey.mutate({}), FOR_HOST_KEYS],
    'hosts.forget': [({ hosts }) => hosts.forget.mutate(), FOR_HOST_KEYS],
    'hosts.sessions': [({ hosts }) => hosts.sessions.query({}), FOR_HOST_KEYS],
    'hosts.enter': [({ hosts }, { code }) => hosts.enter.mutate({ code }), FOR_HOST_KEYS],
    'questions.muteAuthor': [
      ({ questions }, { questionId }) => questions.muteAuthor.mutate({ questionId, muted: true }),
      BY_QUESTION_FOR_MODERATORS,
    ],
    // Last, because the participant is gone afterwards.
    'sessions.leave': [
      ({ sessions }, { code }) => sessions.leave.mutate({ code }),
      { ...FOR_PARTICIPANTS, moderator: 'FORBIDDEN' },
    ],
  };

export function isToken(name: string): name is Token {
  return name in FOR_ANYONE;
}
