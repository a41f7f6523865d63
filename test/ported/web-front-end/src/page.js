const greeting = "hello";
document.body.append(`${greeting} world`);
