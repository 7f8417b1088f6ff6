/** What a room is called while its appointment has no subject, in a bundle that loads nothing; one message of the catalogue. */

import { untitled as en } from "../../addin/messages/pane/en.json";
import { untitled as fr } from "../../addin/messages/pane/fr.json";
import { untitled as de } from "../../addin/messages/pane/de.json";
import { untitled as es } from "../../addin/messages/pane/es.json";
import { untitled as pt } from "../../addin/messages/pane/pt.json";
import { untitled as it } from "../../addin/messages/pane/it.json";
import { untitled as nl } from "../../addin/messages/pane/nl.json";
import { untitled as pl } from "../../addin/messages/pane/pl.json";
import { untitled as ru } from "../../addin/messages/pane/ru.json";
import { untitled as ar } from "../../addin/messages/pane/ar.json";

const NAMES: Readonly<Record<string, string>> = { en, fr, de, es, pt, it, nl, pl, ru, ar };

export function untitled(language: string): string {
  return NAMES[language.slice(0, 2).toLowerCase()] ?? en;
}
