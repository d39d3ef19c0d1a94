-- AlterTable
ALTER TABLE "histories" ADD COLUMN     "behind" INTEGER;
