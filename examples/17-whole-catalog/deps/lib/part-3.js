export const part = 3; // what both services use
