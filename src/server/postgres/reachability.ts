import type { Id } from '~/muse/ids';
import type { PrismaClient } from './prisma-client';

/**
 * Whether `ancestor` is one of `heads` or reachable from them.
 *
 * Every parent has a lower generation than its child, so only commits above the ancestor's
 * generation are visited, each once (UNION), and the walk ends at the first that names it as a
 * parent: a fast-forward by n commits costs about n index look-ups. LIMIT 1 keeps the planner from
 * joining with the whole table in each step.
 */
export async function isAncestor(
  prisma: PrismaClient,
  repoId: string,
  ancestor: Id,
  heads: Id[],
): Promise<boolean> {
  if (heads.includes(ancestor)) return true;
  const [row] = await prisma.$queryRaw<{ reached: boolean }[]>`/* kept */
    WITH RECURSIVE target AS MATERIALIZED (
      SELECT id, generation FROM commits
       WHERE repo_id = ${repoId}::uuid AND id = decode(${ancestor}, 'hex')
    ), walk(parents) AS (
      SELECT c.parents
        FROM unnest(${heads}::text[]) AS h(id)
        CROSS JOIN LATERAL (
               SELECT * FROM commits
                WHERE repo_id = ${repoId}::uuid AND id = decode(h.id, 'hex')
               OFFSET 0) c
       WHERE c.generation > (SELECT generation FROM target)
      UNION
      SELECT c.parents
        FROM walk w
       CROSS JOIN unnest(w.parents) AS p(id)
       CROSS JOIN LATERAL (
         SELECT parents FROM commits
          WHERE repo_id = ${repoId}::uuid AND id = p.id
            AND generation > (SELECT generation FROM target)
          LIMIT 1) c
    )
    SELECT EXISTS (SELECT 1 FROM walk, target WHERE target.id = ANY(walk.parents)) AS reached`;
  return row!.reached;
}
