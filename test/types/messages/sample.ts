// A file of this folder holds wrong code on purpose. Above each wrong line a comment gives a part of the message that
// an editor shows there; a line without such a comment must be right. This one shows the form.

// error: Type 'string' is not assignable to type 'number'
export const count: number = "three";

export const right: number = 3;
