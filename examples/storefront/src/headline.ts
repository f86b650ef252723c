/** The first words a visitor reads. Change this line, push, and watch the new release take over. */
export const headline = "Coffee, made slowly and well.";
