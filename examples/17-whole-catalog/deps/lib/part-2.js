export const part = 2; // what both services use
