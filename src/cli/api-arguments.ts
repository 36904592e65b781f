/** The flag of every command that works through a server where one is named. */
export const API_ARGUMENTS = {
  api: {
    type: "string",
    description: "Work through this server [ARTIFACTSTORE_API_URL]",
    valueHint: "url",
    setting: "apiUrl",
  },
} as const;
