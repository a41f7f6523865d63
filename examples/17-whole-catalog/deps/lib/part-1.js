export const part = 1; // what both services use
