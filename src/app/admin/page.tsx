import { notFound, redirect } from 'next/navigation';
import { api } from '~/trpc/server';
import { adminAddress } from '../_components/address';

export const metadata = { title: 'Administration' };

/** The way into the admin area. */
export default async function AdminPage() {
  const me = await api.account.me();
  if (me?.role !== 'admin') notFound();
  redirect(adminAddress('tokens'));
}
