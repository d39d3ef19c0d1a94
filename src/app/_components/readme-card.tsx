import BookOpen from 'lucide-react/icons/book-open';
import { Card } from './card';

/** A README as its author meant it to be read; the HTML was made safe where it was rendered. */
export function ReadmeCard({ name, html }: { name: string; html: string }) {
  return (
    <Card
      title={
        <span className="inline-flex items-center gap-2">
          <BookOpen aria-hidden="true" className="text-muted" size={16} />
          <bdi>{name}</bdi>
        </span>
      }
    >
      <div
        className="prose breakable px-4 py-6 sm:px-8"
        // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised by renderMarkdown
        dangerouslySetInnerHTML={{ __html: html }}
      />
    </Card>
  );
}
