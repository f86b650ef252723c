-- CreateTable
CREATE TABLE "Recipe" (
    "id" SERIAL NOT NULL,
    "title" TEXT NOT NULL,
    "steps" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "Recipe_pkey" PRIMARY KEY ("id")
);
