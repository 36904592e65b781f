/** The columns of the table `events`, in the order of `docs/events.md`. */
export const EVENT_COLUMNS = [
  "sequence",
  "created_at",
  "event_type",
  "subject_kind",
  "subject_id",
  "actor",
  "payload",
  "payload_digest",
] as const;
