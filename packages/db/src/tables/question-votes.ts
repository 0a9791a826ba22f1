/** A vote of a participant for a question. */
export interface QuestionVotesTable {
  question_id: number;
  participant_id: number;
}
